package dev.kiln.tar;

import java.nio.charset.StandardCharsets;

import dev.kiln.bytes.ByteString;

/** The block before an entry, in its old (v7), POSIX (ustar) or GNU form. Nothing that an entry of castore lacks is looked at. */
final class TarHeader {

  /** Of this and every block, in bytes. */
  static final int LENGTH = 512;

  private static final int NAME = 0;
  private static final int MODE = 100;
  private static final int SIZE = 124;
  private static final int CHECKSUM = 148;
  private static final int TYPE = 156;
  private static final int LINK_NAME = 157;
  private static final int MAGIC = 257;
  private static final int PREFIX = 345;

  private static final int NAME_LENGTH = 100;
  private static final int PREFIX_LENGTH = 155;
  private static final int SHORT_NUMBER = 8;
  private static final int LONG_NUMBER = 12;

  /** GNU has a blank where POSIX has the NUL, and other things where POSIX has the prefix. */
  private static final ByteString POSIX = ByteString.utf8("ustar\0");

  private static final int OWNER_EXECUTES = 0100;

  private final ByteString block;
  private final long offset;

  TarHeader(byte[] block, long offset) {
    this.block = ByteString.copyOf(block);
    this.offset = offset;
  }

  long offset() {
    return offset;
  }

  boolean isZero() {
    for (int i = 0; i < LENGTH; i++) {
      if (block.at(i) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Old writers summed signed bytes, so either sum will do; the field itself counts as blanks. */
  void requireChecksum() throws InvalidTar {
    long unsigned = 0;
    long signed = 0;
    for (int i = 0; i < LENGTH; i++) {
      byte b = i >= CHECKSUM && i < CHECKSUM + SHORT_NUMBER ? (byte) ' ' : block.at(i);
      unsigned += b & 0xff;
      signed += b;
    }
    long stated = number(CHECKSUM, SHORT_NUMBER, "checksum");
    if (stated != unsigned && stated != signed) {
      throw new InvalidTar(offset,
          "no header of an entry: its bytes add up to " + unsigned + ", but it says " + stated);
    }
  }

  char type() {
    return (char) (block.at(TYPE) & 0xff);
  }

  ByteString name() {
    ByteString name = text(NAME, NAME_LENGTH);
    ByteString prefix = block.substring(MAGIC, MAGIC + POSIX.length()).equals(POSIX)
        ? text(PREFIX, PREFIX_LENGTH)
        : ByteString.EMPTY;
    if (prefix.isEmpty()) {
      return name;
    }
    byte[] joined = new byte[prefix.length() + 1 + name.length()];
    prefix.copyTo(0, joined, 0, prefix.length());
    joined[prefix.length()] = '/';
    name.copyTo(0, joined, prefix.length() + 1, name.length());
    return ByteString.owning(joined);
  }

  ByteString linkName() {
    return text(LINK_NAME, NAME_LENGTH);
  }

  long size() throws InvalidTar {
    return number(SIZE, LONG_NUMBER, "size");
  }

  boolean executable() throws InvalidTar {
    return (number(MODE, SHORT_NUMBER, "mode") & OWNER_EXECUTES) != 0;
  }

  /** @return up to the first NUL, or as long as the field */
  private ByteString text(int from, int length) {
    int end = block.indexOf(0, from);
    return block.substring(from, end < 0 ? from + length : Math.min(end, from + length));
  }

  /** Reads octal digits between blanks and NULs, none of which is 0, or GNU's binary form, which has the first bit set. */
  private long number(int from, int length, String what) throws InvalidTar {
    if (block.at(from) < 0) {
      return binary(from, length, what);
    }
    int at = from;
    int end = from + length;
    while (at < end && block.at(at) == ' ') {
      at++;
    }
    long value = 0;
    while (at < end && block.at(at) >= '0' && block.at(at) <= '7') {
      value = value << 3 | block.at(at++) - '0';
    }
    while (at < end && (block.at(at) == ' ' || block.at(at) == 0)) {
      at++;
    }
    if (at < end) {
      String field = new String(block.substring(from, end).toByteArray(), StandardCharsets.US_ASCII).replace('\0', ' ');
      throw new InvalidTar(offset, name(), "its " + what + ", '" + field.strip() + "', is no octal number");
    }
    return value;
  }

  /** Two's complement, the first byte's first bit left aside. */
  private long binary(int from, int length, String what) throws InvalidTar {
    int first = block.at(from) & 0x7f;
    if ((first & 0x40) != 0) {
      throw new InvalidTar(offset, name(), "its " + what + " is negative");
    }
    long value = first;
    for (int i = from + 1; i < from + length; i++) {
      if (value >>> (Long.SIZE - Byte.SIZE - 1) != 0) {
        throw new InvalidTar(offset, name(), "its " + what + " is 2^63 or more");
      }
      value = value << Byte.SIZE | block.at(i) & 0xff;
    }
    return value;
  }
}
