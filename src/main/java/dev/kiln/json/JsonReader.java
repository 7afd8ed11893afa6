package dev.kiln.json;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.json.Json.JsonArray;
import dev.kiln.json.Json.JsonBoolean;
import dev.kiln.json.Json.JsonFloat;
import dev.kiln.json.Json.JsonInteger;
import dev.kiln.json.Json.JsonNull;
import dev.kiln.json.Json.JsonObject;
import dev.kiln.json.Json.JsonString;

/**
 * Reads what nlohmann::json reads: RFC 8259, with a byte order mark before it if there is one, and nothing but white space
 * behind it, where a NUL byte is an end. Of members with one name, the last counts. An integer that does not fit into 64 bits
 * is a float; a number too large for a float is refused.
 */
public final class JsonReader {

  /** What is deeper than this, Nix reads but cannot copy: its process ends for want of stack. */
  static final int MAX_DEPTH = 10_000;
  /** Keeps a text of a few megabytes from becoming a tree of gigabytes. */
  static final int MAX_VALUES = 2_000_000;

  private static final BigInteger MIN = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MAX = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
  private static final int MAX_INTEGER_LENGTH = 20;
  private static final int END = -1;

  private final ByteString text;
  private final Deque<Open> open = new ArrayDeque<>();
  private int at;
  private int values;

  private JsonReader(ByteString text) {
    this.text = text;
  }

  /** @throws InvalidJson if it is not what is described above */
  public static Json read(ByteString text) {
    return new JsonReader(text).document();
  }

  /** An array or object whose end has not been read. */
  private static final class Open {
    final SortedMap<ByteString, Json> members = new TreeMap<>();
    final List<Json> elements = new ArrayList<>();
    final boolean isObject;
    ByteString key = ByteString.EMPTY;

    Open(boolean isObject) {
      this.isObject = isObject;
    }

    char end() {
      return isObject ? '}' : ']';
    }

    void add(Json value) {
      if (isObject) {
        members.put(key, value);
      } else {
        elements.add(value);
      }
    }

    Json close() {
      return isObject ? new JsonObject(members) : new JsonArray(elements);
    }
  }

  private Json document() {
    if (peek() == 0xEF) {
      if (!text.startsWith(ByteString.utf8("\uFEFF"))) {
        throw new InvalidJson(at, "a byte order mark that is none");
      }
      at = 3;
    }
    while (true) {
      Json value = begin();
      while (value != null) {
        Open in = open.peek();
        if (in == null) {
          skipWhite();
          if (peek() > 0) {
            throw unexpected("the end");
          }
          return value;
        }
        in.add(value);
        value = next(in);
      }
    }
  }

  /** @return a value that is complete, or nothing if what was opened here has to be read first */
  private @Nullable Json begin() {
    skipWhite();
    if (++values > MAX_VALUES) {
      throw new InvalidJson(at, "more than " + MAX_VALUES + " values");
    }
    int first = peek();
    return switch (first) {
      case '{', '[' -> open(new Open(first == '{'));
      case '"' -> new JsonString(string());
      case 't' -> literal("true", new JsonBoolean(true));
      case 'f' -> literal("false", new JsonBoolean(false));
      case 'n' -> literal("null", new JsonNull());
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
      default -> throw unexpected("a value");
    };
  }

  private @Nullable Json open(Open opened) {
    if (open.size() >= MAX_DEPTH) {
      throw new InvalidJson(at, "nested more than " + MAX_DEPTH + " deep");
    }
    at++;
    skipWhite();
    if (peek() == opened.end()) {
      at++;
      return opened.isObject ? Json.emptyObject() : opened.close();
    }
    open.push(opened);
    if (opened.isObject) {
      opened.key = key();
    }
    return null;
  }

  /** @return {@code in}, if a value in it was its last one */
  private @Nullable Json next(Open in) {
    skipWhite();
    if (peek() == in.end()) {
      at++;
      return open.pop().close();
    }
    if (peek() != ',') {
      throw unexpected("',' or '" + in.end() + "'");
    }
    at++;
    if (in.isObject) {
      in.key = key();
    }
    return null;
  }

  private ByteString key() {
    skipWhite();
    if (peek() != '"') {
      throw unexpected("a member's name");
    }
    ByteString key = string();
    skipWhite();
    if (peek() != ':') {
      throw unexpected("':'");
    }
    at++;
    return key;
  }

  private Json literal(String word, Json value) {
    ByteString bytes = ByteString.utf8(word);
    if (at + bytes.length() > text.length() || !text.substring(at, at + bytes.length()).equals(bytes)) {
      throw unexpected("'" + word + "'");
    }
    at += bytes.length();
    return value;
  }

  private ByteString string() {
    int begin = at++;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int c = peek(); c != '"'; c = peek()) {
      if (c < 0x20) {
        throw unexpected("a string's next character");
      }
      at++;
      if (c == '\\') {
        escape(bytes);
      } else {
        bytes.write(c);
      }
    }
    at++;
    ByteString value = ByteString.owning(bytes.toByteArray());
    if (value.asUtf8().isEmpty()) {
      throw new InvalidJson(begin, "a string that is not UTF-8");
    }
    return value;
  }

  private void escape(ByteArrayOutputStream bytes) {
    int c = peek();
    at++;
    switch (c) {
      case '"', '\\', '/' -> bytes.write(c);
      case 'b' -> bytes.write('\b');
      case 'f' -> bytes.write('\f');
      case 'n' -> bytes.write('\n');
      case 'r' -> bytes.write('\r');
      case 't' -> bytes.write('\t');
      case 'u' -> bytes.writeBytes(Character.toString(codePoint()).getBytes(StandardCharsets.UTF_8));
      default -> {
        at--;
        throw unexpected("an escape");
      }
    }
  }

  private int codePoint() {
    int begin = at - 2;
    char unit = codeUnit();
    if (!Character.isSurrogate(unit)) {
      return unit;
    }
    if (Character.isHighSurrogate(unit) && peek() == '\\') {
      at++;
      if (peek() == 'u') {
        at++;
        char low = codeUnit();
        if (Character.isLowSurrogate(low)) {
          return Character.toCodePoint(unit, low);
        }
      }
    }
    throw new InvalidJson(begin, "a surrogate without the other");
  }

  private char codeUnit() {
    int unit = 0;
    for (int i = 0; i < 4; i++) {
      int digit = peek() < 0x80 ? Character.digit(peek(), 16) : -1;
      if (digit < 0) {
        throw unexpected("a hexadecimal digit");
      }
      unit = unit << 4 | digit;
      at++;
    }
    return (char) unit;
  }

  private Json number() {
    int begin = at;
    if (peek() == '-') {
      at++;
    }
    if (peek() == '0') {
      at++;
    } else {
      digits();
    }
    boolean integer = true;
    if (peek() == '.') {
      integer = false;
      at++;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      integer = false;
      at++;
      if (peek() == '+' || peek() == '-') {
        at++;
      }
      digits();
    }
    return number(text.substring(begin, at).toString(), integer, begin);
  }

  private static Json number(String digits, boolean integer, int begin) {
    if (integer && digits.length() <= MAX_INTEGER_LENGTH) {
      BigInteger value = new BigInteger(digits);
      if (value.compareTo(MIN) >= 0 && value.compareTo(MAX) <= 0) {
        return new JsonInteger(value);
      }
    }
    double value = Double.parseDouble(digits);
    if (Double.isInfinite(value)) {
      throw new InvalidJson(begin, "a number too large for a double");
    }
    return new JsonFloat(value);
  }

  private void digits() {
    if (!isDigit(peek())) {
      throw unexpected("a digit");
    }
    while (isDigit(peek())) {
      at++;
    }
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private void skipWhite() {
    while (" \t\n\r".indexOf(peek()) >= 0) {
      at++;
    }
  }

  /** @return the next byte, or {@link #END} */
  private int peek() {
    return at < text.length() ? text.at(at) & 0xff : END;
  }

  private InvalidJson unexpected(String wanted) {
    int c = peek();
    String found = c == END ? "the end" : c > 0x20 && c < 0x7f ? "'" + (char) c + "'" : String.format("byte 0x%02x", c);
    return new InvalidJson(at, found + " where " + wanted + " should be");
  }
}
