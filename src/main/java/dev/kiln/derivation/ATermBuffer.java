package dev.kiln.derivation;

import java.security.MessageDigest;
import java.util.Arrays;

import dev.kiln.bytes.ByteString;

/** Growing bytes, with the two ways in which ATerm writes strings. */
final class ATermBuffer {

  private static final int INITIAL_CAPACITY = 4096;

  private byte[] bytes = new byte[INITIAL_CAPACITY];
  private int length;

  ATermBuffer append(char ascii) {
    room(1)[length++] = (byte) ascii;
    return this;
  }

  /** Appends {@code text} as it is; all of it must be ASCII. */
  ATermBuffer append(String text) {
    byte[] target = room(text.length());
    for (int i = 0; i < text.length(); i++) {
      target[length + i] = (byte) text.charAt(i);
    }
    length += text.length();
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
