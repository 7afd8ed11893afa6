package dev.kiln.compression;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes what {@code compress} of Unix writes, without compressing: each byte is a code of 9 bits that stands for itself. A code that clears
 * the reader's table follows before the codes would grow to 10 bits; and as the last of eight, so that nothing is filled up after it.
 */
final class StoredCompressOutputStream extends FilterOutputStream {

  private static final int[] MAGIC = {0x1f, 0x9d};
  /** The table can be cleared; codes have up to 16 bits. */
  private static final int FLAGS = 0x80 | 16;
  private static final int CODE_BITS = 9;
  private static final int CLEAR = 256;
  /**
  /** Codes up to the one that clears, which is one of them: a multiple of eight, and fewer than fill the reader's table up to 512. */
  private static final int SECTION = 248;

  private int codes;
  private int bits;
  private int bitCount;
  private final byte[] buffer = new byte[1 << 13];
  private int buffered;
  private boolean closed;

  StoredCompressOutputStream(OutputStream out) throws IOException {
    super(out);
    for (int value : new int[]{MAGIC[0], MAGIC[1], FLAGS}) {
      out.write(value);
    }
  }

  @Override
  public void write(int value) throws IOException {
    code(value & 0xff);
    if (codes % SECTION == SECTION - 1) {
      code(CLEAR);
      codes = 0;
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    for (int i = offset; i < offset + length; i++) {
      write(bytes[i]);
    }
  }

  private void code(int code) throws IOException {
    codes++;
    bits |= code << bitCount;
    bitCount += CODE_BITS;
    while (bitCount >= Byte.SIZE) {
      writeByte();
    }
  }

  private void writeByte() throws IOException {
    if (buffered == buffer.length) {
      writeBuffer();
    }
    buffer[buffered++] = (byte) bits;
    bits >>>= Byte.SIZE;
    bitCount -= Byte.SIZE;
  }

  private void writeBuffer() throws IOException {
    out.write(buffer, 0, buffered);
    buffered = 0;
  }

  /** The bits of a byte that is not full wait. */
  @Override
  public void flush() throws IOException {
    writeBuffer();
    out.flush();
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      if (bitCount > 0) {
        writeByte();
      }
      writeBuffer();
      out.close();
    }
  }
}
