package dev.kiln.bytes;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** Immutable bytes with value equality, ordered as unsigned bytes. Nix's strings and file names are bytes, not text. */
public final class ByteString implements Comparable<ByteString> {

  public static final ByteString EMPTY = new ByteString(new byte[0]);

  private final byte[] bytes;
  private int hash;

  private ByteString(byte[] bytes) {
    this.bytes = bytes;
  }

  /** @return a copy of {@code bytes} */
  public static ByteString copyOf(byte[] bytes) {
    return bytes.length == 0 ? EMPTY : new ByteString(bytes.clone());
  }

  /** @return a copy of {@code length} bytes from {@code offset} */
  public static ByteString copyOf(byte[] bytes, int offset, int length) {
    return length == 0 ? EMPTY : new ByteString(Arrays.copyOfRange(bytes, offset, offset + length));
  }

  /** Takes {@code bytes} over without a copy: the caller gives up every reference to them. */
  public static ByteString owning(byte[] bytes) {
    return bytes.length == 0 ? EMPTY : new ByteString(bytes);
  }

  public static ByteString utf8(String text) {
    return owning(text.getBytes(StandardCharsets.UTF_8));
  }

  public int length() {
    return bytes.length;
  }

  public boolean isEmpty() {
    return bytes.length == 0;
  }

  public byte at(int index) {
    return bytes[index];
  }

  public boolean contains(int value) {
    return indexOf(value, 0) >= 0;
  }

  /** @return the first index at or after {@code from} that holds {@code value}, or -1 */
  public int indexOf(int value, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] == (byte) value) {
        return i;
      }
    }
    return -1;
  }

  public ByteString substring(int from, int to) {
    return from == 0 && to == bytes.length ? this : copyOf(bytes, from, to - from);
  }

  public boolean startsWith(ByteString prefix) {
    return bytes.length >= prefix.bytes.length
        && Arrays.equals(bytes, 0, prefix.bytes.length, prefix.bytes, 0, prefix.bytes.length);
  }

  /** @return with {@code by} wherever {@code what}, which is not empty, stands, from the left; what is replaced is not looked at again */
  public ByteString replace(ByteString what, ByteString by) {
    int at = indexOf(what, 0);
    if (at < 0) {
      return this;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length);
    int copied = 0;
    while (at >= 0) {
      out.write(bytes, copied, at - copied);
      out.writeBytes(by.bytes);
      copied = at + what.bytes.length;
      at = indexOf(what, copied);
    }
    out.write(bytes, copied, bytes.length - copied);
    return owning(out.toByteArray());
  }

  private int indexOf(ByteString what, int from) {
    int length = what.bytes.length;
    for (int at = indexOf(what.bytes[0], from); at >= 0 && at + length <= bytes.length; at = indexOf(what.bytes[0],
        at + 1)) {
      if (Arrays.equals(bytes, at, at + length, what.bytes, 0, length)) {
        return at;
      }
    }
    return -1;
  }

  public byte[] toByteArray() {
    return bytes.clone();
  }

  /** @return a read-only view */
  public ByteBuffer asByteBuffer() {
    return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
  }

  public InputStream newInput() {
    return new ByteArrayInputStream(bytes);
  }

  public void writeTo(OutputStream out) throws IOException {
    out.write(bytes);
  }

  /** Gives the bytes to {@code digest} without a copy. */
  public void update(MessageDigest digest) {
    digest.update(bytes);
  }

  public void copyTo(int from, byte[] target, int offset, int length) {
    System.arraycopy(bytes, from, target, offset, length);
  }

  /** @return the text, if these bytes are well-formed UTF-8 */
  public Optional<String> asUtf8() {
    try {
      return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException _) {
      return Optional.empty();
    }
  }

  public String hex() {
    return HexFormat.of().formatHex(bytes);
  }

  @Override
  public int compareTo(ByteString other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ByteString that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    if (hash == 0) {
      hash = Arrays.hashCode(bytes);
    }
    return hash;
  }

  /** @return the bytes as UTF-8 text, with U+FFFD for what is not: for messages, never for data */
  @Override
  public String toString() {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
