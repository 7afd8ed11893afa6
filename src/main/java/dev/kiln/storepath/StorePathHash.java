package dev.kiln.storepath;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import dev.kiln.hash.InvalidHash;
import dev.kiln.hash.NixBase32;

/** The 20 bytes that tell store paths apart, written as 32 nixbase32 digits. Its components are the bytes as big-endian words. */
public record StorePathHash(long a, long b, int c) implements Comparable<StorePathHash> {

  /** In bytes. */
  public static final int LENGTH = 20;
  /** In nixbase32 digits. */
  public static final int DIGITS = 32;

  /** @throws InvalidStorePath unless there are 20 {@code bytes} */
  public static StorePathHash of(byte[] bytes) {
    if (bytes.length != LENGTH) {
      throw new InvalidStorePath("the hash of a store path has 20 bytes, not " + bytes.length);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new StorePathHash(buffer.getLong(), buffer.getLong(), buffer.getInt());
  }

  /** @throws InvalidStorePath unless {@code text} is 32 nixbase32 digits */
  public static StorePathHash parse(String text) {
    try {
      return of(NixBase32.decode(text, LENGTH));
    } catch (InvalidHash e) {
      throw new InvalidStorePath("'" + text + "' is not the hash of a store path: " + e.getMessage());
    }
  }

  /**
   * As {@link #parse(String)}, of the digits that stand in {@code ascii} from {@code from} on.
   *
   * @throws InvalidStorePath unless these are 32 nixbase32 digits
   */
  public static StorePathHash parse(byte[] ascii, int from) {
    long fourth = NixBase32.group(ascii, from);
    long third = NixBase32.group(ascii, from + NixBase32.GROUP);
    long second = NixBase32.group(ascii, from + 2 * NixBase32.GROUP);
    long first = NixBase32.group(ascii, from + 3 * NixBase32.GROUP);
    if ((first | second | third | fourth) < 0) {
      // says which digit is none
      return parse(new String(ascii, from, DIGITS, StandardCharsets.ISO_8859_1));
    }
    // the digits are those of a number whose bytes are kept from the lowest to the highest
    return new StorePathHash(Long.reverseBytes(first | second << 40),
        Long.reverseBytes(second >>> 24 | third << 16 | fourth << 56),
        Integer.reverseBytes((int) (fourth >>> 8)));
  }

  public byte[] toByteArray() {
    return ByteBuffer.allocate(LENGTH).putLong(a).putLong(b).putInt(c).array();
  }

  /** By the text form, which is how Nix sorts paths: its first digit is of the last byte. */
  @Override
  public int compareTo(StorePathHash other) {
    int order = Integer.compareUnsigned(Integer.reverseBytes(c), Integer.reverseBytes(other.c));
    order = order != 0 ? order : Long.compareUnsigned(Long.reverseBytes(b), Long.reverseBytes(other.b));
    return order != 0 ? order : Long.compareUnsigned(Long.reverseBytes(a), Long.reverseBytes(other.a));
  }

  /** Writes the 32 digits into {@code ascii}. */
  void write(byte[] ascii, int to) {
    long low = Long.reverseBytes(a);
    long middle = Long.reverseBytes(b);
    long high = Integer.toUnsignedLong(Integer.reverseBytes(c));
    NixBase32.write(middle >>> 56 | high << 8, ascii, to);
    NixBase32.write(middle >>> 16, ascii, to + NixBase32.GROUP);
    NixBase32.write(low >>> 40 | middle << 24, ascii, to + 2 * NixBase32.GROUP);
    NixBase32.write(low, ascii, to + 3 * NixBase32.GROUP);
  }

  /** @return the 32 digits */
  @Override
  public String toString() {
    byte[] ascii = new byte[DIGITS];
    write(ascii, 0);
    return new String(ascii, StandardCharsets.ISO_8859_1);
  }
}
