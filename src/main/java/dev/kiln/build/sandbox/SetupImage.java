package dev.kiln.build.sandbox;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

import dev.kiln.build.BuildProperties;
import dev.kiln.bytes.ByteString;

import static dev.kiln.build.sandbox.BuildDirectory.raw;

/**
 * The program that leads to the sandbox: it makes a user and a mount namespace in which Kiln's user may mount, mounts the
 * {@link MountTable} there, opens what the rest expects and turns into bubblewrap.
 *
 * @param user that Kiln is on the machine
 * @param maxFileSize that a builder may write, in bytes
 * @param coreLimit in bytes: the most that a core dump might be allowed, or -1
 */
record SetupImage(Architecture architecture, int user, int group, long maxFileSize, long coreLimit,
    BuildProperties.Resources limits) {

  /**
   * A file that is opened before bubblewrap is started.
   *
   * @param descriptor that it gets
   * @param flags of open(2)
   */
  record Opened(int descriptor, Path path, int flags) {}

  static final int O_RDONLY = 0;
  static final int O_WRONLY = 1;
  static final int O_CREAT = 0100;
  private static final int O_NOCTTY = 0400;
  private static final int AT_FDCWD = -100;
  private static final int NOTHING = 0;

  // linux/sched.h and linux/mount.h
  private static final int CLONE_NEWNS = 0x0002_0000;
  private static final int CLONE_NEWUSER = 0x1000_0000;
  private static final int MS_REC = 0x4000;
  private static final int MS_PRIVATE = 0x4_0000;

  // asm-generic/resource.h
  private static final int RLIMIT_FSIZE = 1;
  private static final int RLIMIT_CORE = 4;
  private static final int RLIMIT_NPROC = 6;
  private static final int RLIMIT_NOFILE = 7;

  private static final int UMASK = 022;
  private static final int PRIVATE = 0600;

  /**
   * @param cgroup where a process that writes its id gets into the build's cgroup, and all that it starts from then on
   * @param command bubblewrap and its arguments
   * @return the program, which is to be run in the build's directory
   */
  byte[] bytes(Optional<Path> cgroup, List<MountTable.Mount> mounts, List<Opened> files, List<String> command) {
    CallProgram program = new CallProgram(architecture);
    cgroup.ifPresent(processes -> {
      open(program, processes, O_WRONLY | O_CREAT);
      // 0 stands for the process that writes it
      write(program, "joining", processes.toString(), "0\n");
    });
    program.call(SystemCall.UMASK, UMASK);
    program.require("making", ByteString.utf8("a user namespace"), SystemCall.UNSHARE, CLONE_NEWUSER | CLONE_NEWNS);
    become(program);
    program.require("hiding mounts below", ByteString.utf8("/"), SystemCall.MOUNT, NOTHING, program.string("/"),
        NOTHING,
        MS_REC | MS_PRIVATE, NOTHING);
    limit(program);
    mounts.forEach(each -> mount(program, each));
    files.forEach(file -> {
      open(program, file.path(), file.flags() | O_NOCTTY);
      program.require("opening", raw(file.path().toString()), SystemCall.DUP3, CallProgram.HELD,
          file.descriptor(), 0);
      program.call(SystemCall.CLOSE, CallProgram.HELD);
    });
    int arguments = program.pointers(command.stream().map(each -> program.string(raw(each))).toList());
    program.require("executing", raw(command.getFirst()), SystemCall.EXECVE,
        program.string(raw(command.getFirst())), arguments, program.pointers(List.of()));
    return program.bytes();
  }

  /** Root in the namespace, which on the machine stays Kiln's user; see user_namespaces(7). */
  private void become(CallProgram program) {
    require(program, "/proc/self/uid_map", "0 " + user + " 1\n");
    require(program, "/proc/self/setgroups", "deny");
    require(program, "/proc/self/gid_map", "0 " + group + " 1\n");
  }

  /**
   * The limits that builders inherit (Nix: no core dumps). A limit that is lower already stays so. Processes are counted by user
   * namespace. A builder could, in a cgroup namespace of its own, mount cgroups that Kiln's user may write: bubblewrap makes the only
   * such namespace. If the machine runs out of memory in spite of all, builders are to go first, and neither Kiln nor its database.
   */
  private void limit(CallProgram program) {
    limit(program, RLIMIT_CORE, 0, coreLimit);
    limit(program, RLIMIT_FSIZE, maxFileSize, maxFileSize);
    limit(program, RLIMIT_NOFILE, limits.openFiles(), limits.openFiles());
    limit(program, RLIMIT_NPROC, limits.processes(), limits.processes());
    attempt(program, "/proc/sys/user/max_cgroup_namespaces", "1");
    attempt(program, "/proc/self/oom_score_adj", "800");
  }

  private static void limit(CallProgram program, int resource, long soft, long hard) {
    program.call(SystemCall.PRLIMIT64, 0, resource, program.longs(soft, hard), NOTHING);
  }

  private static void mount(CallProgram program, MountTable.Mount mount) {
    program.require("mounting", raw(mount.place()), SystemCall.MOUNT, program.string(raw(mount.source())),
        program.string(raw(mount.place())), mount.type().isEmpty() ? NOTHING : program.string(mount.type()),
        mount.flags(),
        mount.options().isEmpty() ? NOTHING : program.string(mount.options()));
  }

  private static void require(CallProgram program, String file, String text) {
    open(program, Path.of(file), O_WRONLY);
    write(program, "writing", file, text);
  }

  private static void attempt(CallProgram program, String file, String text) {
    program.call(SystemCall.OPENAT, AT_FDCWD, program.string(file), O_WRONLY, 0);
    program.hold();
    program.call(SystemCall.WRITE, CallProgram.HELD, program.string(text), text.length());
    program.call(SystemCall.CLOSE, CallProgram.HELD);
  }

  private static void open(CallProgram program, Path path, int flags) {
    ByteString name = raw(path.toString());
    program.require("opening", name, SystemCall.OPENAT, AT_FDCWD, program.string(name), flags, PRIVATE);
    program.hold();
  }

  private static void write(CallProgram program, String doing, String file, String text) {
    program.require(doing, raw(file), SystemCall.WRITE, CallProgram.HELD, program.string(text),
        text.length());
    program.call(SystemCall.CLOSE, CallProgram.HELD);
  }
}
