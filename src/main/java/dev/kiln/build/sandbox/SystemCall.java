package dev.kiln.build.sandbox;

/** System calls by the numbers that Linux gives them on each {@link Architecture} (asm/unistd.h). */
enum SystemCall {
  WRITE(1, 64), CLOSE(3, 57), EXECVE(59, 221), UMASK(95, 166), PERSONALITY(135, 92), MOUNT(165, 40), EXIT_GROUP(231,
      94), OPENAT(
          257, 56), UNSHARE(272, 97), DUP3(292, 24), PRLIMIT64(302, 261);

  private final int onX86;
  private final int onArm;

  SystemCall(int onX86, int onArm) {
    this.onX86 = onX86;
    this.onArm = onArm;
  }

  int number(Architecture architecture) {
    return switch (architecture) {
      case X86_64 -> onX86;
      case AARCH64 -> onArm;
    };
  }
}
