package dev.kiln.posix;

import java.lang.foreign.MemorySegment;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

/** The layout of struct statx, the same on every processor (include/uapi/linux/stat.h). */
final class Statx {

  /** In bytes. */
  static final long SIZE = 256;
  /** STATX_BASIC_STATS | STATX_MNT_ID; kernels leave out what they do not know. */
  static final long MASK = 0x7ff | Statx.MNT_ID;

  /** In bytes, whatever the file system's blocks are. */
  private static final int BLOCK = 512;
  private static final int MNT_ID = 0x1000;

  private Statx() {}

  static FileStatus read(MemorySegment statx) {
    int given = statx.get(JAVA_INT, 0);
    int mode = Short.toUnsignedInt(statx.get(JAVA_SHORT, 28));
    long device = (long) statx.get(JAVA_INT, 136) << 32 | Integer.toUnsignedLong(statx.get(JAVA_INT, 140));
    return new FileStatus(FileType.ofCode(mode >> 12), mode & 07777, statx.get(JAVA_INT, 20), statx.get(JAVA_LONG, 40),
        statx.get(JAVA_LONG, 48) * BLOCK,
        Integer.toUnsignedLong(statx.get(JAVA_INT, 16)), device, statx.get(JAVA_LONG, 32), (given & MNT_ID) == 0
            ? 0
            : statx.get(JAVA_LONG, 144),
        statx.get(JAVA_LONG, 112), statx.get(JAVA_INT, 120));
  }
}
