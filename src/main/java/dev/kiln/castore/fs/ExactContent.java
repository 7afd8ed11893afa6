package dev.kiln.castore.fs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.function.Supplier;

import dev.kiln.posix.FileFd;

/** The promised number of bytes of a file, or an error: never fewer, never more. */
final class ExactContent extends InputStream {

  private final FileFd file;
  private final Supplier<String> path;
  private final long size;
  private final ByteBuffer buffer;
  private long fetched;

  /**
   * @param path for messages
   * @param buffer direct, and nobody else's while this is in use
   */
  ExactContent(FileFd file, Supplier<String> path, long size, ByteBuffer buffer) {
    this.file = file;
    this.path = path;
    this.size = size;
    this.buffer = buffer.clear().flip();
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

  private boolean fill() throws IOException {
    if (buffer.hasRemaining()) {
      return true;
    }
    if (fetched == size) {
      return false;
    }
    buffer.clear().limit((int) Math.min(buffer.capacity(), size - fetched));
    int count;
    try {
      count = file.read(buffer);
    } finally {
      buffer.flip();
    }
    if (count < 0) {
      throw new IOException(
          "file '" + path.get() + "' became shorter while it was read: " + fetched + " bytes, not " + size);
    }
    fetched += count;
    return true;
  }
}
