package dev.kiln.json;

import java.math.BigInteger;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import dev.kiln.bytes.ByteString;

/**
 * A JSON value. It can be as deep as {@link JsonReader} lets it: walk it without recursion, which {@code equals},
 * {@code hashCode} and {@code toString} do not.
 */
public sealed interface Json {

  /** @param members ordered by the bytes of their names */
  record JsonObject(SortedMap<ByteString, Json> members) implements Json {
    private static final JsonObject EMPTY = new JsonObject(Collections.emptySortedMap());

    public JsonObject {
      members = Collections
          .unmodifiableSortedMap(members.isEmpty() ? Collections.emptySortedMap() : new TreeMap<>(members));
    }
  }

  record JsonArray(List<Json> elements) implements Json {
    public JsonArray { elements = List.copyOf(elements); }
  }

  /** @param value in UTF-8; may hold NUL */
  record JsonString(ByteString value) implements Json {}

  /** @param value from -2^63 to 2^64 - 1 */
  record JsonInteger(BigInteger value) implements Json {}

  /** @param value neither infinite nor NaN */
  record JsonFloat(double value) implements Json {}

  record JsonBoolean(boolean value) implements Json {}

  record JsonNull() implements Json {}

  static JsonString string(String text) {
    return new JsonString(ByteString.utf8(text));
  }

  static JsonInteger integer(long value) {
    return new JsonInteger(BigInteger.valueOf(value));
  }

  static JsonObject emptyObject() {
    return JsonObject.EMPTY;
  }

  /** @return what a loop of Nix's visits: nothing of null, and of what holds no other values, itself */
  default Collection<Json> items() {
    return switch (this) {
      case JsonObject(SortedMap<ByteString, Json> members) -> members.values();
      case JsonArray(List<Json> elements) -> elements;
      case JsonNull() -> List.of();
      case JsonString _,JsonInteger _,JsonFloat _,JsonBoolean _ -> List.of(this);
    };
  }

  /** @return as messages name it */
  default String typeName() {
    return switch (this) {
      case JsonObject _ -> "object";
      case JsonArray _ -> "array";
      case JsonString _ -> "string";
      case JsonInteger _,JsonFloat _ -> "number";
      case JsonBoolean _ -> "boolean";
      case JsonNull _ -> "null";
    };
  }
}
