package dev.kiln.build;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Objects;
import java.util.Optional;

/** A log, byte for byte, to be read from any position. It may be growing. Used by one thread at a time. */
public interface StoredLog extends Closeable {

  /** @return which attempt at the build wrote it, from 1: another one has another log */
  int attempt();

  /** @return in bytes, by now */
  long size() throws IOException;

  /** Reads as {@link FileChannel#read(ByteBuffer, long)} does. */
  int read(ByteBuffer target, long position) throws IOException;

  /** @return the whole log as one zstd stream, where it is kept so; closed with this */
  default Optional<FileChannel> compressed() {
    return Optional.empty();
  }

  /** @return a log that is the content of {@code file}, and closes it */
  static StoredLog of(FileChannel file, int attempt) {
    return new PlainLog(file, attempt);
  }

  /**
   * @param from in bytes
   * @param length at most to the end that there is now
   * @return a part of the log; need not be closed
   */
  default InputStream stream(long from, long length) {
    StoredLog log = this;
    return new InputStream() {
      private long position = from;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int count) throws IOException {
        Objects.checkFromIndexSize(offset, count, bytes.length);
        int most = (int) Math.min(count, from + length - position);
        if (most == 0) {
          return count == 0 ? 0 : -1;
        }
        int read = log.read(ByteBuffer.wrap(bytes, offset, most), position);
        if (read < 0) {
          throw new IOException("a log became shorter while it was read");
        }
        position += read;
        return read;
      }
    };
  }
}
