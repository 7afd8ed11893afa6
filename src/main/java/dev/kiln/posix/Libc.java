package dev.kiln.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

import dev.kiln.bytes.ByteString;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

/**
 * The calls themselves, with C's types: every other class of the package goes through here. Each takes memory of its own, so
 * any thread may call, virtual ones too; these hold their carrier while they wait.
 */
final class Libc {

  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0100;
  static final int O_EXCL = 0200;
  static final int O_NOCTTY = 0400;
  static final int O_NONBLOCK = 04000;
  static final int O_CLOEXEC = 02000000;
  static final int AT_FDCWD = -100;
  static final int AT_SYMLINK_NOFOLLOW = 0x100;
  static final int AT_REMOVEDIR = 0x200;
  private static final int AT_NO_AUTOMOUNT = 0x800;
  private static final int AT_EMPTY_PATH = 0x1000;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
  private static final long ERRNO_OFFSET = STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
  private static final int EINTR = 4;
  private static final short POLLIN = 1;
  private static final long MORE_THAN_TERMIOS = 256;
  private static final int NO_VARIADIC = -1;

  private static final MethodHandle OPENAT = intCall("openat", 3, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle CLOSE = intCall("close", NO_VARIADIC, JAVA_INT);
  private static final MethodHandle READ = longCall("read", NO_VARIADIC, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle PREAD = longCall("pread", NO_VARIADIC, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle WRITE = longCall("write", NO_VARIADIC, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle LSEEK = longCall("lseek", NO_VARIADIC, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle FSYNC = intCall("fsync", NO_VARIADIC, JAVA_INT);
  private static final MethodHandle SYNCFS = intCall("syncfs", NO_VARIADIC, JAVA_INT);
  private static final MethodHandle FCHMOD = intCall("fchmod", NO_VARIADIC, JAVA_INT, JAVA_INT);
  private static final MethodHandle FCHMODAT = intCall("fchmodat", NO_VARIADIC, JAVA_INT, ADDRESS, JAVA_INT,
      JAVA_INT);
  private static final MethodHandle FUTIMENS = intCall("futimens", NO_VARIADIC, JAVA_INT, ADDRESS);
  private static final MethodHandle UTIMENSAT = intCall("utimensat", NO_VARIADIC, JAVA_INT, ADDRESS, ADDRESS,
      JAVA_INT);
  private static final MethodHandle READLINKAT = longCall("readlinkat", NO_VARIADIC, JAVA_INT, ADDRESS, ADDRESS,
      JAVA_LONG);
  private static final MethodHandle MKDIRAT = intCall("mkdirat", NO_VARIADIC, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle SYMLINKAT = intCall("symlinkat", NO_VARIADIC, ADDRESS, JAVA_INT, ADDRESS);
  private static final MethodHandle LINKAT = intCall("linkat", NO_VARIADIC, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS,
      JAVA_INT);
  private static final MethodHandle UNLINKAT = intCall("unlinkat", NO_VARIADIC, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle RENAMEAT = intCall("renameat", NO_VARIADIC, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
  private static final MethodHandle KILL = intCall("kill", NO_VARIADIC, JAVA_INT, JAVA_INT);
  private static final MethodHandle POLL = intCall("poll", NO_VARIADIC, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle IOCTL = intCall("ioctl", 2, JAVA_INT, JAVA_LONG, ADDRESS);
  private static final MethodHandle TCGETATTR = intCall("tcgetattr", NO_VARIADIC, JAVA_INT, ADDRESS);
  private static final MethodHandle TCSETATTR = intCall("tcsetattr", NO_VARIADIC, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle CFMAKERAW = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("cfmakeraw"),
      FunctionDescriptor.ofVoid(ADDRESS));
  // By number, because neither libc has always had a function for them.
  private static final MethodHandle SYSCALL_STATX = longCall("syscall", 1, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG,
      JAVA_LONG, ADDRESS);
  private static final MethodHandle SYSCALL_GETDENTS64 = longCall("syscall", 1, JAVA_LONG, JAVA_LONG, ADDRESS,
      JAVA_LONG);

  private Libc() {}

  static int openat(int directory, ByteString name, int flags, int mode) throws PosixException {
    return (int) call("openat", name, (state, memory) -> (int) OPENAT.invokeExact(state, directory, c(memory, name),
        flags | O_CLOEXEC, mode));
  }

  /** Not tried again when interrupted: Linux has released the descriptor by then. */
  static void close(int fd) throws PosixException {
    call("close", ByteString.EMPTY, (state, _) -> (int) CLOSE.invokeExact(state, fd) == 0 || interrupted(state)
        ? 0
        : -1);
  }

  static int read(int fd, MemorySegment target) throws PosixException {
    return (int) call("read", ByteString.EMPTY, (state, _) -> (long) READ.invokeExact(state, fd, target, target
        .byteSize()));
  }

  static int pread(int fd, MemorySegment target, long position) throws PosixException {
    return (int) call("pread", ByteString.EMPTY, (state, _) -> (long) PREAD.invokeExact(state, fd, target, target
        .byteSize(), position));
  }

  static int write(int fd, MemorySegment source) throws PosixException {
    return (int) call("write", ByteString.EMPTY, (state, _) -> (long) WRITE.invokeExact(state, fd, source, source
        .byteSize()));
  }

  static void rewind(int fd) throws PosixException {
    call("lseek", ByteString.EMPTY, (state, _) -> (long) LSEEK.invokeExact(state, fd, 0L, 0));
  }

  static void fsync(int fd) throws PosixException {
    call("fsync", ByteString.EMPTY, (state, _) -> (int) FSYNC.invokeExact(state, fd));
  }

  static void syncfs(int fd) throws PosixException {
    call("syncfs", ByteString.EMPTY, (state, _) -> (int) SYNCFS.invokeExact(state, fd));
  }

  static void fchmod(int fd, int permissions) throws PosixException {
    call("fchmod", ByteString.EMPTY, (state, _) -> (int) FCHMOD.invokeExact(state, fd, permissions));
  }

  static void fchmodat(int directory, ByteString name, int permissions) throws PosixException {
    call("fchmodat", name, (state, memory) -> (int) FCHMODAT.invokeExact(state, directory, c(memory, name), permissions,
        AT_SYMLINK_NOFOLLOW));
  }

  static void futimens(int fd, long seconds) throws PosixException {
    call("futimens", ByteString.EMPTY, (state, memory) -> (int) FUTIMENS.invokeExact(state, fd, times(memory,
        seconds)));
  }

  static void utimensat(int directory, ByteString name, long seconds) throws PosixException {
    call("utimensat", name, (state, memory) -> (int) UTIMENSAT.invokeExact(state, directory, c(memory, name), times(
        memory, seconds), AT_SYMLINK_NOFOLLOW));
  }

  static ByteString readlinkat(int directory, ByteString name) throws PosixException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(4096);
      long length = call("readlinkat", name, (state, memory) -> (long) READLINKAT.invokeExact(state, directory, c(
          memory, name), target, target.byteSize()));
      return bytes(target, 0, length);
    }
  }

  static void mkdirat(int directory, ByteString name, int permissions) throws PosixException {
    call("mkdirat", name, (state, memory) -> (int) MKDIRAT.invokeExact(state, directory, c(memory, name), permissions));
  }

  static void symlinkat(ByteString target, int directory, ByteString name) throws PosixException {
    call("symlinkat", name, (state, memory) -> (int) SYMLINKAT.invokeExact(state, c(memory, target), directory, c(
        memory, name)));
  }

  static void linkat(int from, ByteString name, int to, ByteString newName) throws PosixException {
    call("linkat", newName, (state, memory) -> (int) LINKAT.invokeExact(state, from, c(memory, name), to, c(memory,
        newName), 0));
  }

  static void unlinkat(int directory, ByteString name, int flags) throws PosixException {
    call("unlinkat", name, (state, memory) -> (int) UNLINKAT.invokeExact(state, directory, c(memory, name), flags));
  }

  static void renameat(int from, ByteString name, int to, ByteString newName) throws PosixException {
    call("renameat", newName, (state, memory) -> (int) RENAMEAT.invokeExact(state, from, c(memory, name), to, c(memory,
        newName)));
  }

  /** @param name of an entry of {@code fd}; or empty, for what {@code fd} itself is */
  static FileStatus statx(int fd, ByteString name) throws PosixException {
    int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name.isEmpty() ? AT_EMPTY_PATH : 0);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(Statx.SIZE, Long.BYTES);
      call("statx", name, (state, memory) -> (long) SYSCALL_STATX.invokeExact(state, Machine.THIS.sysStatx(), (long) fd,
          c(memory, name), (long) flags, Statx.MASK, answer));
      return Statx.read(answer);
    }
  }

  /** @return number of bytes of linux_dirent64 records in {@code target}; 0 at the end */
  static int getdents64(int fd, MemorySegment target) throws PosixException {
    return (int) call("getdents64", ByteString.EMPTY, (state, _) -> (long) SYSCALL_GETDENTS64.invokeExact(state,
        Machine.THIS.sysGetdents64(), (long) fd, target, target.byteSize()));
  }

  static void kill(int pid, int signal) throws PosixException {
    call("kill", ByteString.utf8(Integer.toString(pid)), (state, _) -> (int) KILL.invokeExact(state, pid, signal));
  }

  /** @return whether there is something to read, or the other side is gone, within the time */
  static boolean awaitReadable(int fd, int milliseconds) throws PosixException {
    return call("poll", ByteString.EMPTY, (state, memory) -> {
      MemorySegment poll = memory.allocate(8, Integer.BYTES);
      poll.set(JAVA_INT, 0, fd);
      poll.set(JAVA_SHORT, 4, POLLIN);
      return (int) POLL.invokeExact(state, poll, 1L, milliseconds);
    }) > 0;
  }

  /** An ioctl whose argument points to an int. @return the int afterwards */
  static int ioctl(int fd, long request, int argument) throws PosixException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cell = arena.allocateFrom(JAVA_INT, argument);
      call("ioctl", ByteString.EMPTY, (state, _) -> (int) IOCTL.invokeExact(state, fd, request, cell));
      return cell.get(JAVA_INT, 0);
    }
  }

  /** Makes the terminal pass every byte unchanged (cfmakeraw), as Nix does for builders (derivation-builder.cc). */
  static void makeRaw(int fd) throws PosixException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment termios = arena.allocate(MORE_THAN_TERMIOS, Long.BYTES);
      call("tcgetattr", ByteString.EMPTY, (state, _) -> (int) TCGETATTR.invokeExact(state, fd, termios));
      call("cfmakeraw", ByteString.EMPTY, (_, _) -> {
        CFMAKERAW.invokeExact(termios);
        return 0;
      });
      call("tcsetattr", ByteString.EMPTY, (state, _) -> (int) TCSETATTR.invokeExact(state, fd, 0, termios));
    }
  }

  static ByteString bytes(MemorySegment memory, long offset, long length) {
    return ByteString.owning(memory.asSlice(offset, length).toArray(JAVA_BYTE));
  }

  private static MemorySegment times(SegmentAllocator memory, long seconds) {
    return memory.allocateFrom(JAVA_LONG, seconds, 0, seconds, 0);
  }

  /** A NUL would silently cut the name. */
  private static MemorySegment c(SegmentAllocator memory, ByteString name) {
    if (name.contains(0)) {
      throw new IllegalArgumentException("name '" + name + "' has a NUL");
    }
    MemorySegment segment = memory.allocate(name.length() + 1L);
    segment.copyFrom(MemorySegment.ofBuffer(name.asByteBuffer()));
    return segment;
  }

  @FunctionalInterface
  private interface Invocation {
    /** @return -1 for an error; errno is then in {@code state} */
    long invoke(MemorySegment state, SegmentAllocator memory) throws Throwable;
  }

  private static long call(String name, ByteString subject, Invocation invocation) throws PosixException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      while (true) {
        long result = invocation.invoke(state, arena);
        if (result != -1) {
          return result;
        }
        if (!interrupted(state)) {
          throw new PosixException(name, subject, state.get(JAVA_INT, ERRNO_OFFSET));
        }
      }
    } catch (PosixException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("a call of C throws nothing", e);
    }
  }

  private static boolean interrupted(MemorySegment state) {
    return state.get(JAVA_INT, ERRNO_OFFSET) == EINTR;
  }

  private static MethodHandle intCall(String name, int firstVariadic, MemoryLayout... arguments) {
    return downcall(name, FunctionDescriptor.of(JAVA_INT, arguments), firstVariadic);
  }

  private static MethodHandle longCall(String name, int firstVariadic, MemoryLayout... arguments) {
    return downcall(name, FunctionDescriptor.of(JAVA_LONG, arguments), firstVariadic);
  }

  private static MethodHandle downcall(String name, FunctionDescriptor descriptor, int firstVariadic) {
    List<Linker.Option> options = new ArrayList<>(List.of(Linker.Option.captureCallState("errno")));
    if (firstVariadic != NO_VARIADIC) {
      options.add(Linker.Option.firstVariadicArg(firstVariadic));
    }
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options.toArray(
        Linker.Option[]::new));
  }
}
