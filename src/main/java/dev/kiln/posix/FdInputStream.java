package dev.kiln.posix;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** Reads a descriptor by way of one direct buffer. Not for use by two threads at once. */
final class FdInputStream extends InputStream {

  private final Source source;
  private final Closeable file;
  private final ByteBuffer buffer;

  @FunctionalInterface
  interface Source {
    /** @return number of bytes put into {@code target}, or -1 at the end */
    int read(ByteBuffer target) throws IOException;
  }

  /** @param file closed with this */
  FdInputStream(Source source, Closeable file, int bufferSize) {
    this.source = source;
    this.file = file;
    this.buffer = ByteBuffer.allocateDirect(bufferSize).flip();
  }

  @Override
  public int read() throws IOException {
    return fill() ? Byte.toUnsignedInt(buffer.get()) : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, buffer.remaining());
    buffer.get(target, offset, count);
    return count;
  }

  @Override
  public int available() {
    return buffer.remaining();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private boolean fill() throws IOException {
    if (buffer.hasRemaining()) {
      return true;
    }
    buffer.clear();
    try {
      return source.read(buffer) > 0;
    } finally {
      buffer.flip();
    }
  }
}
