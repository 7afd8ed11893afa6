package dev.kiln.posix;

import java.io.IOException;
import java.util.Optional;

import dev.kiln.bytes.ByteString;

/** A system call failed. The message says which, on what, and why. */
public final class PosixException extends IOException {

  private final int errno;

  PosixException(String call, ByteString subject, int errno) {
    super(call + (subject.isEmpty() ? "" : " '" + subject + "'") + ": " + text(errno));
    this.errno = errno;
  }

  /** @return why, if Kiln has a word for it */
  public Optional<Errno> errno() {
    return Errno.of(errno);
  }

  public boolean is(Errno reason) {
    return errno().filter(reason::equals).isPresent();
  }

  private static String text(int errno) {
    return Errno.of(errno).map(Errno::toString).orElse("error number " + errno);
  }
}
