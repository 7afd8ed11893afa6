package dev.kiln.posix;

/**
 * The numbers in which 64-bit Linux differs between processors (arch/&#42;/include/uapi/asm).
 *
 * @param directory O_DIRECTORY
 * @param noFollow O_NOFOLLOW
 */
record Machine(int directory, int noFollow, long sysGetdents64, long sysStatx) {

  static final Machine THIS = of(System.getProperty("os.name"), System.getProperty("os.arch"));

  private static Machine of(String system, String processor) {
    if (!system.equals("Linux")) {
      throw new UnsupportedOperationException("Kiln runs on Linux, not on " + system);
    }
    return switch (processor) {
      case "amd64", "x86_64" -> new Machine(0200000, 0400000, 217, 332);
      case "aarch64" -> new Machine(040000, 0100000, 61, 291);
      default -> throw new UnsupportedOperationException("Kiln runs on x86_64 and aarch64, not on " + processor);
    };
  }
}
