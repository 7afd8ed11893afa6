package dev.kiln.hash;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/** A BLAKE3-256 digest, the name of blobs and directories. Its components are its 32 bytes as big-endian words. */
public record Blake3Digest(long a, long b, long c, long d) implements Comparable<Blake3Digest> {

  /** In bytes. */
  public static final int LENGTH = 32;

  /** @throws InvalidHash unless there are 32 {@code bytes} */
  public static Blake3Digest of(byte[] bytes) {
    if (bytes.length != LENGTH) {
      throw new InvalidHash("a BLAKE3 digest has 32 bytes, not " + bytes.length);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new Blake3Digest(buffer.getLong(), buffer.getLong(), buffer.getLong(), buffer.getLong());
  }

  /** @throws InvalidHash unless {@code hex} is 64 hexadecimal digits */
  public static Blake3Digest parse(String hex) {
    try {
      return of(HexFormat.of().parseHex(hex));
    } catch (IllegalArgumentException e) {
      throw new InvalidHash("'" + hex + "' is not a BLAKE3 digest of 64 hexadecimal digits");
    }
  }

  public byte[] toByteArray() {
    return ByteBuffer.allocate(LENGTH).putLong(a).putLong(b).putLong(c).putLong(d).array();
  }

  public String hex() {
    return HexFormat.of().formatHex(toByteArray());
  }

  @Override
  public int compareTo(Blake3Digest other) {
    int order = Long.compareUnsigned(a, other.a);
    order = order != 0 ? order : Long.compareUnsigned(b, other.b);
    order = order != 0 ? order : Long.compareUnsigned(c, other.c);
    return order != 0 ? order : Long.compareUnsigned(d, other.d);
  }

  @Override
  public String toString() {
    return hex();
  }
}
