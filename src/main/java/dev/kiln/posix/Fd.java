package dev.kiln.posix;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicInteger;

import dev.kiln.bytes.ByteString;

/**
 * An open file descriptor, closed on exec. Any thread may use or close it: the number is given back only after the last call
 * that uses it has returned, so that no call ever meets another file under the same number.
 */
public abstract sealed class Fd implements Closeable permits FileFd, DirectoryFd {

  private static final int CLOSED = Integer.MIN_VALUE;

  private final int number;
  /** Calls under way, and the sign bit once {@link #close} was called. */
  private final AtomicInteger uses = new AtomicInteger();

  Fd(int number) {
    this.number = number;
  }

  /** What this is now. */
  public FileStatus status() throws IOException {
    return with(fd -> Libc.statx(fd, ByteString.EMPTY));
  }

  /** @param permissions the low twelve bits of the mode */
  public void chmod(int permissions) throws IOException {
    with(fd -> {
      Libc.fchmod(fd, permissions);
      return this;
    });
  }

  /** Sets the times of access and modification, in whole seconds since the epoch. */
  public void setTimes(long seconds) throws IOException {
    with(fd -> {
      Libc.futimens(fd, seconds);
      return this;
    });
  }

  /** fsync(2): returns when content and metadata are on disk. */
  public void sync() throws IOException {
    with(fd -> {
      Libc.fsync(fd);
      return this;
    });
  }

  /** syncfs(2): returns when all that was written to the file system that this lies on is on disk. */
  public void syncFileSystem() throws IOException {
    with(fd -> {
      Libc.syncfs(fd);
      return this;
    });
  }

  public boolean isOpen() {
    return uses.get() >= 0;
  }

  @Override
  public void close() throws IOException {
    if (uses.getAndUpdate(count -> count | CLOSED) == 0) {
      Libc.close(number);
    }
  }

  @FunctionalInterface
  interface Use<T> {
    T apply(int fd) throws IOException;
  }

  /** @throws ClosedChannelException if this is closed */
  final <T> T with(Use<T> use) throws IOException {
    if (uses.getAndUpdate(count -> count < 0 ? count : count + 1) < 0) {
      throw new ClosedChannelException();
    }
    try {
      return use.apply(number);
    } finally {
      if (uses.decrementAndGet() == CLOSED) {
        Libc.close(number);
      }
    }
  }
}
