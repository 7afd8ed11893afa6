package dev.kiln.storepath;

import java.nio.ByteBuffer;

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

  /** @return the 32 digits */
  @Override
  public String toString() {
    return NixBase32.encode(toByteArray());
  }
}
