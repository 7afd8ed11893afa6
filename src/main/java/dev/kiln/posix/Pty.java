package dev.kiln.posix;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;

import dev.kiln.bytes.ByteString;

/**
 * A pseudo terminal that passes every byte unchanged: what Nix gives a builder as stdout and stderr, so that programs write
 * line by line (derivation-builder.cc).
 *
 * <p>Whoever opens {@link #slave} and is the leader of a session without a terminal gets it as its controlling terminal, and
 * SIGHUP when it goes; a JVM that is a container's first process is such a one. So do not let the JVM open it (ProcessBuilder's
 * redirects would): start {@code /bin/sh -c 'exec "$@" >"$0" 2>&1' <slave> program…} instead.
 */
public final class Pty implements Closeable {

  private static final ByteString MULTIPLEXER = ByteString.utf8("/dev/ptmx");
  private static final long TIOCSPTLCK = 0x40045431L;
  private static final long TIOCGPTN = 0x80045430L;
  private static final int BUFFER = 16 * 1024;
  /** How long a read takes to see that another thread closed this, in milliseconds. */
  private static final int POLL = 100;

  private final FileFd master;
  private final Path slave;

  private Pty(FileFd master, Path slave) {
    this.master = master;
    this.slave = slave;
  }

  public static Pty open() throws IOException {
    FileFd master = new FileFd(Libc.openat(Libc.AT_FDCWD, MULTIPLEXER, Libc.O_RDWR | Libc.O_NOCTTY, 0));
    try {
      int number = master.with(fd -> {
        Libc.ioctl(fd, TIOCSPTLCK, 0);
        Libc.makeRaw(fd);
        return Libc.ioctl(fd, TIOCGPTN, 0);
      });
      return new Pty(master, Path.of("/dev/pts/" + number));
    } catch (IOException e) {
      master.close();
      throw e;
    }
  }

  /** The device that programs open. */
  public Path slave() {
    return slave;
  }

  /**
   * What programs write to the slave. Waits for the first to open it; ends when the last has closed it, or this is closed, which
   * closing the stream does. A read blocks its thread, and the carrier of a virtual one: read on a platform thread.
   */
  public InputStream output() {
    return new FdInputStream(this::read, this, BUFFER);
  }

  /** Ends {@link #output}; programs that still have the slave get errors. */
  @Override
  public void close() throws IOException {
    master.close();
  }

  /** Linux says EIO when no slave is open any more. */
  private int read(ByteBuffer target) throws IOException {
    try {
      boolean ready = false;
      while (!ready) {
        ready = master.with(fd -> Libc.awaitReadable(fd, POLL));
      }
      return master.read(target);
    } catch (ClosedChannelException _) {
      return -1;
    } catch (PosixException e) {
      if (e.is(Errno.EIO)) {
        return -1;
      }
      throw e;
    }
  }
}
