package dev.kiln.tar;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** Writes tars in the ustar form, and such as nobody should write. Text is Latin-1. */
final class TarBytes {

  private static final int SIZE = 124;
  private static final int SIZE_LENGTH = 12;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  TarBytes file(String name, String content) {
    return entry('0', name, "", content);
  }

  TarBytes directory(String name) {
    return entry('5', name, "", "");
  }

  TarBytes symlink(String name, String target) {
    return entry('2', name, target, "");
  }

  TarBytes hardLink(String name, String target) {
    return entry('1', name, target, "");
  }

  /** A pax header of one record. */
  TarBytes pax(char type, String key, String value) {
    int rest = key.length() + value.length() + 3;
    int length = rest + 1;
    while (rest + Integer.toString(length).length() != length) {
      length++;
    }
    return entry(type, "pax", "", length + " " + key + "=" + value + "\n");
  }

  TarBytes entry(char type, String name, String linkName, String content) {
    write(header(type, name, linkName, "%011o".formatted(content.length())));
    return content(content);
  }

  /** A header whose size says what {@code size} says, and nothing after it. */
  TarBytes sized(char type, String name, String size) {
    write(header(type, name, "", size));
    return this;
  }

  TarBytes content(String content) {
    write(Arrays.copyOf(content.getBytes(ISO_8859_1), (content.length() + 511) / 512 * 512));
    return this;
  }

  TarBytes write(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  byte[] withoutEnd() {
    return out.toByteArray();
  }

  byte[] end() {
    return write(new byte[1024]).withoutEnd();
  }

  static byte[] header(char type, String name, String linkName, String size) {
    byte[] block = new byte[512];
    put(block, 0, name);
    put(block, 100, "0000644");
    put(block, SIZE, size.substring(0, Math.min(size.length(), SIZE_LENGTH)));
    block[156] = (byte) type;
    put(block, 157, linkName);
    put(block, 257, "ustar\00000");
    return sum(block);
  }

  /** Sets the checksum. */
  static byte[] sum(byte[] block) {
    put(block, 148, "        ");
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    put(block, 148, "%06o\0 ".formatted(sum));
    return block;
  }

  private static void put(byte[] block, int at, String text) {
    System.arraycopy(text.getBytes(ISO_8859_1), 0, block, at, text.length());
  }
}
