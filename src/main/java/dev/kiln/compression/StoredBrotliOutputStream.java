package dev.kiln.compression;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes streams of brotli (RFC 7932) whose meta-blocks are uncompressed: no library here compresses by brotli, but who asks for it must be
 * able to read what comes.
 */
final class StoredBrotliOutputStream extends FilterOutputStream {

  /** The longest meta-block whose length takes four nibbles. */
  private static final int BLOCK = 1 << 16;
  /** ISLAST, and that it is empty: of a stream that has begun, and of one that begins with it (WBITS is one bit, 0). */
  private static final int END = 0b11;
  private static final int EMPTY = 0b110;

  private final byte[] block = new byte[BLOCK];
  private int length;
  private boolean begun;
  private boolean closed;

  StoredBrotliOutputStream(OutputStream out) {
    super(out);
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[]{(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    for (int from = offset; from < offset + count;) {
      int next = Math.min(BLOCK - length, offset + count - from);
      System.arraycopy(bytes, from, block, length, next);
      length += next;
      from += next;
      if (length == BLOCK) {
        writeBlock();
      }
    }
  }

  /** A meta-block, from its lowest bit on: not ISLAST; MNIBBLES 0, which is 4; MLEN - 1; ISUNCOMPRESSED; up to a whole byte. */
  private void writeBlock() throws IOException {
    if (length > 0) {
      int header = ((length - 1) << 3) | (1 << 19);
      if (!begun) {
        header <<= 1;
        begun = true;
      }
      out.write(header);
      out.write(header >>> 8);
      out.write(header >>> 16);
      out.write(block, 0, length);
      length = 0;
    }
  }

  @Override
  public void flush() throws IOException {
    writeBlock();
    out.flush();
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      writeBlock();
      out.write(begun ? END : EMPTY);
      out.close();
    }
  }
}
