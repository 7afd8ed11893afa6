package dev.kiln.nar;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

import dev.kiln.bytes.ByteString;

/** The strings of a NAR, read through a buffer of fixed size. No length that a NAR states makes it allocate more. */
final class NarInput {

  private static final VarHandle LITTLE_ENDIAN = MethodHandles.byteArrayViewVarHandle(long[].class,
      ByteOrder.LITTLE_ENDIAN);

  /** In bytes. */
  private static final int LONGEST_WORD = 16;

  private final InputStream in;
  private final byte[] buffer = new byte[1 << 16];
  private int at;
  private int limit;
  /** Of {@code buffer[0]} in the NAR. */
  private long base;

  NarInput(InputStream in) {
    this.in = in;
  }

  /** @return of the next byte */
  long offset() {
    return base + at;
  }

  void expect(String expected) throws IOException {
    long offset = offset();
    String word = word();
    if (!word.equals(expected)) {
      throw unexpected(offset, "'" + expected + "'", word);
    }
  }

  InvalidNar unexpected(long offset, String expected, String found) {
    return new InvalidNar(offset, "expected " + expected + ", found '" + found + "'");
  }

  /** @return a string of the format itself: one character stands for one byte */
  String word() throws IOException {
    int length = beginString(LONGEST_WORD, "word");
    String word = new String(buffer, at, length, StandardCharsets.ISO_8859_1);
    at += length;
    padding(length);
    return word;
  }

  /** @param what is named when it is longer than {@code maxLength} bytes */
  ByteString string(int maxLength, String what) throws IOException {
    int length = beginString(maxLength, what);
    ByteString string = ByteString.copyOf(buffer, at, length);
    at += length;
    padding(length);
    return string;
  }

  /** @return as 64 bits, to be taken as unsigned */
  long number() throws IOException {
    require(Long.BYTES);
    long number = (long) LITTLE_ENDIAN.get(buffer, at);
    at += Long.BYTES;
    return number;
  }

  /** Reads the zeros after {@code length} bytes. */
  void padding(long length) throws IOException {
    int zeros = NarFormat.padding(length);
    require(zeros);
    for (int end = at + zeros; at < end; at++) {
      if (buffer[at] != 0) {
        throw new InvalidNar(offset(), "padding is " + (buffer[at] & 0xff) + ", not 0");
      }
    }
  }

  void expectEnd() throws IOException {
    if (at < limit || fill() > 0) {
      throw new InvalidNar(offset(), "there is more after the end of the NAR");
    }
  }

  /** @return the next {@code size} bytes */
  Content content(long size) {
    return new Content(size);
  }

  private int beginString(int maxLength, String what) throws IOException {
    long offset = offset();
    long length = number();
    if (Long.compareUnsigned(length, maxLength) > 0) {
      throw new InvalidNar(offset,
          "a " + what + " of " + Long.toUnsignedString(length) + " bytes, more than " + maxLength);
    }
    require((int) length);
    return (int) length;
  }

  /** Makes sure that {@code length} bytes are in the buffer. */
  private void require(int length) throws IOException {
    while (limit - at < length) {
      if (fill() < 0) {
        throw endsEarly(base + limit);
      }
    }
  }

  /** @return bytes read, or -1 at the end */
  private int fill() throws IOException {
    System.arraycopy(buffer, at, buffer, 0, limit - at);
    base += at;
    limit -= at;
    at = 0;
    int read = in.read(buffer, limit, buffer.length - limit);
    limit += Math.max(read, 0);
    return read;
  }

  private static InvalidNar endsEarly(long offset) {
    return new InvalidNar(offset, "it ends here, too early");
  }

  /** A file's content. Ends after its bytes, and never before them: that is an {@link InvalidNar}. */
  final class Content extends InputStream {

    private long remaining;

    private Content(long remaining) {
      this.remaining = remaining;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (remaining == 0 || length == 0) {
        return length == 0 ? 0 : -1;
      }
      int wanted = (int) Math.min(length, remaining);
      int read = at < limit || wanted < buffer.length ? buffered(target, offset, wanted)
          : direct(target, offset, wanted);
      remaining -= read;
      return read;
    }

    @Override
    public int available() {
      return (int) Math.min(remaining, limit - at);
    }

    private int buffered(byte[] target, int offset, int wanted) throws IOException {
      if (at == limit) {
        require(1);
      }
      int read = Math.min(wanted, limit - at);
      System.arraycopy(buffer, at, target, offset, read);
      at += read;
      return read;
    }

    private int direct(byte[] target, int offset, int wanted) throws IOException {
      int read = in.read(target, offset, wanted);
      if (read < 0) {
        throw endsEarly(offset());
      }
      base += read;
      return read;
    }

    /** Passes over what was not read. */
    void finish() throws IOException {
      while (remaining > 0) {
        require(1);
        int passed = (int) Math.min(remaining, limit - at);
        at += passed;
        remaining -= passed;
      }
    }
  }
}
