package dev.kiln.json;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.json.Json.JsonArray;
import dev.kiln.json.Json.JsonBoolean;
import dev.kiln.json.Json.JsonFloat;
import dev.kiln.json.Json.JsonInteger;
import dev.kiln.json.Json.JsonNull;
import dev.kiln.json.Json.JsonObject;
import dev.kiln.json.Json.JsonString;

/** Writes what {@code nlohmann::json::dump()} writes: no white space, and escapes only where there must be. */
public final class JsonWriter {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Deque<Open> open = new ArrayDeque<>();

  private JsonWriter() {}

  /** An array or object that is not written to its end. */
  private static final class Open {
    final @Nullable Iterator<Map.Entry<ByteString, Json>> members;
    final @Nullable Iterator<Json> elements;
    boolean begun;

    Open(@Nullable Iterator<Map.Entry<ByteString, Json>> members, @Nullable Iterator<Json> elements) {
      this.members = members;
      this.elements = elements;
    }
  }

  public static ByteString write(Json json) {
    JsonWriter writer = new JsonWriter();
    writer.begin(json);
    while (!writer.open.isEmpty()) {
      writer.goOn(writer.open.element());
    }
    return ByteString.owning(writer.out.toByteArray());
  }

  private void begin(Json json) {
    switch (json) {
      case JsonObject(var members) -> {
        out.write('{');
        open.push(new Open(members.entrySet().iterator(), null));
      }
      case JsonArray(var elements) -> {
        out.write('[');
        open.push(new Open(null, elements.iterator()));
      }
      case JsonString(ByteString value) -> string(value);
      case JsonInteger(var value) -> ascii(value.toString());
      case JsonFloat(double value) -> ascii(FloatText.of(value));
      case JsonBoolean(boolean value) -> ascii(Boolean.toString(value));
      case JsonNull() -> ascii("null");
    }
  }

  private void goOn(Open current) {
    Iterator<?> rest = current.members != null ? current.members : current.elements;
    if (rest == null || !rest.hasNext()) {
      out.write(current.members != null ? '}' : ']');
      open.pop();
      return;
    }
    if (current.begun) {
      out.write(',');
    }
    current.begun = true;
    if (current.members != null) {
      Map.Entry<ByteString, Json> member = current.members.next();
      string(member.getKey());
      out.write(':');
      begin(member.getValue());
    } else if (current.elements != null) {
      begin(current.elements.next());
    }
  }

  private void string(ByteString value) {
    out.write('"');
    for (int i = 0; i < value.length(); i++) {
      byte b = value.at(i);
      switch (b) {
        case '"', '\\' -> {
          out.write('\\');
          out.write(b);
        }
        case '\b' -> ascii("\\b");
        case '\f' -> ascii("\\f");
        case '\n' -> ascii("\\n");
        case '\r' -> ascii("\\r");
        case '\t' -> ascii("\\t");
        default -> {
          if (b >= 0 && b < 0x20) {
            ascii(String.format("\\u%04x", b));
          } else {
            out.write(b);
          }
        }
      }
    }
    out.write('"');
  }

  private void ascii(String text) {
    out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
  }
}
