package dev.kiln.posix;

import java.util.Optional;

/** Why a system call failed, as Linux numbers it on x86_64 and aarch64 alike (include/uapi/asm-generic/errno*.h). */
public enum Errno {
  EPERM(1, "operation not permitted"), //
  ENOENT(2, "no such file or directory"), //
  ESRCH(3, "no such process"), //
  EINTR(4, "interrupted"), //
  EIO(5, "input/output error"), //
  ENXIO(6, "no such device or address"), //
  EBADF(9, "bad file descriptor"), //
  EAGAIN(11, "try again"), //
  ENOMEM(12, "out of memory"), //
  EACCES(13, "permission denied"), //
  EBUSY(16, "busy"), //
  EEXIST(17, "exists already"), //
  EXDEV(18, "on another file system"), //
  ENODEV(19, "no such device"), //
  ENOTDIR(20, "not a directory"), //
  EISDIR(21, "is a directory"), //
  EINVAL(22, "invalid argument"), //
  ENFILE(23, "too many open files in the system"), //
  EMFILE(24, "too many open files"), //
  ENOTTY(25, "not a terminal"), //
  EFBIG(27, "file too large"), //
  ENOSPC(28, "no space left on device"), //
  EROFS(30, "read-only file system"), //
  EMLINK(31, "too many links"), //
  EPIPE(32, "broken pipe"), //
  ENAMETOOLONG(36, "name too long"), //
  ENOSYS(38, "not known to this kernel"), //
  ENOTEMPTY(39, "directory not empty"), //
  ELOOP(40, "is a symbolic link, or has too many of them"), //
  EOPNOTSUPP(95, "operation not supported"), //
  ESTALE(116, "stale file handle"), //
  EDQUOT(122, "disk quota exceeded");

  private final int number;
  private final String text;

  Errno(int number, String text) {
    this.number = number;
    this.text = text;
  }

  /** @return the constant, if {@code number} is one that Kiln has a word for */
  static Optional<Errno> of(int number) {
    for (Errno errno : values()) {
      if (errno.number == number) {
        return Optional.of(errno);
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return text + " (" + name() + ")";
  }
}
