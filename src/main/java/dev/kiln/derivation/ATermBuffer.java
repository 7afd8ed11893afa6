package dev.kiln.derivation;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.SortedSet;

import dev.kiln.bytes.ByteString;

/** Growing bytes, with the two ways in which ATerm writes strings. */
final class ATermBuffer {

  private static final int INITIAL_CAPACITY = 4096;

  private static final byte[] BASE_16 = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private byte[] bytes = new byte[INITIAL_CAPACITY];
  private int length;

  ATermBuffer append(char ascii) {
    room(1)[length++] = (byte) ascii;
    return this;
  }

  /** Appends {@code text} as it is; all of it must be ASCII. */
  ATermBuffer append(String text) {
    byte[] ascii = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(ascii, 0, room(ascii.length), length, ascii.length);
    length += ascii.length;
    return this;
  }

  /** Appends {@code text} in quotes, as it is: Nix escapes neither paths nor hashes nor systems. */
  ATermBuffer unescaped(String text) {
    return append('"').append(text).append('"');
  }

  ATermBuffer unescaped(ByteString text) {
    append('"');
    copy(text, 0, text.length());
    return append('"');
  }

  /** Appends a list of what Nix does not escape. */
  ATermBuffer names(SortedSet<?> names) {
    append('[');
    boolean first = true;
    for (Object name : names) {
      if (!first) {
        append(',');
      }
      first = false;
      unescaped(name.toString());
    }
    return append(']');
  }

  /** Appends {@code bytes} in quotes, in base16. */
  ATermBuffer base16(ByteString bytes) {
    append('"');
    byte[] target = room(2 * bytes.length());
    for (int i = 0; i < bytes.length(); i++) {
      target[length++] = BASE_16[bytes.at(i) >> 4 & 15];
      target[length++] = BASE_16[bytes.at(i) & 15];
    }
    return append('"');
  }

  /** Appends {@code text} in quotes, with escapes. */
  ATermBuffer escaped(ByteString text) {
    append('"');
    int copied = 0;
    for (int i = 0; i < text.length(); i++) {
      byte b = text.at(i);
      char escape = switch (b) {
        case '"' -> '"';
        case '\\' -> '\\';
        case '\n' -> 'n';
        case '\r' -> 'r';
        case '\t' -> 't';
        default -> 0;
      };
      if (escape != 0) {
        copy(text, copied, i);
        append('\\').append(escape);
        copied = i + 1;
      }
    }
    copy(text, copied, text.length());
    return append('"');
  }

  void update(MessageDigest digest) {
    digest.update(bytes, 0, length);
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, length);
  }

  private void copy(ByteString text, int from, int to) {
    text.copyTo(from, room(to - from), length, to - from);
    length += to - from;
  }

  private byte[] room(int more) {
    if (more > bytes.length - length) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(length, more), bytes.length * 2));
    }
    return bytes;
  }
}
