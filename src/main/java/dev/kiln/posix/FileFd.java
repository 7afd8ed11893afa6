package dev.kiln.posix;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** A file, or terminal, that bytes are read from and written to. */
public final class FileFd extends Fd {

  private static final int CHUNK = 64 * 1024;

  FileFd(int number) {
    super(number);
  }

  /**
   * Reads at the current position. Direct buffers save a copy.
   *
   * @return number of bytes, or -1 at the end
   */
  public int read(ByteBuffer target) throws IOException {
    return transfer(target, Libc::read);
  }

  /**
   * Reads at {@code position} and leaves the current position as it is.
   *
   * @return number of bytes, or -1 at the end
   */
  public int read(ByteBuffer target, long position) throws IOException {
    return transfer(target, (fd, memory) -> Libc.pread(fd, memory, position));
  }

  /** Writes all that remains in {@code source}. */
  public void write(ByteBuffer source) throws IOException {
    while (source.hasRemaining()) {
      int written = source.isDirect()
          ? with(fd -> Libc.write(fd, MemorySegment.ofBuffer(source)))
          : writeCopy(source.slice().limit(Math.min(source.remaining(), CHUNK)));
      source.position(source.position() + written);
    }
  }

  /** @return a stream from the current position; closing it closes this */
  public InputStream inputStream() {
    return new FdInputStream(this::read, this, CHUNK);
  }

  /** @return a stream to the current position, unbuffered; closing it closes this */
  public OutputStream outputStream() {
    return new OutputStream() {
      @Override
      public void write(int value) throws IOException {
        write(new byte[]{(byte) value});
      }

      @Override
      public void write(byte[] source, int offset, int length) throws IOException {
        FileFd.this.write(ByteBuffer.wrap(source, offset, length));
      }

      @Override
      public void close() throws IOException {
        FileFd.this.close();
      }
    };
  }

  @FunctionalInterface
  private interface Read {
    int read(int fd, MemorySegment target) throws IOException;
  }

  private int transfer(ByteBuffer target, Read read) throws IOException {
    if (!target.hasRemaining()) {
      return 0;
    }
    int count = target.isDirect()
        ? with(fd -> read.read(fd, MemorySegment.ofBuffer(target)))
        : readCopy(target.slice().limit(Math.min(target.remaining(), CHUNK)), read);
    if (count == 0) {
      return -1;
    }
    target.position(target.position() + count);
    return count;
  }

  /** By way of native memory, because the collector may move a heap buffer while the kernel fills it. */
  private int readCopy(ByteBuffer target, Read read) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(target.remaining());
      int count = with(fd -> read.read(fd, memory));
      MemorySegment.ofBuffer(target).copyFrom(memory.asSlice(0, count));
      return count;
    }
  }

  private int writeCopy(ByteBuffer source) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(source.remaining());
      memory.copyFrom(MemorySegment.ofBuffer(source));
      return with(fd -> Libc.write(fd, memory));
    }
  }
}
