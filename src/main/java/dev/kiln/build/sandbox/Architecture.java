package dev.kiln.build.sandbox;

import java.util.Optional;

/** The processors whose machine code {@link ExecImage} and {@link SeccompFilter} know. */
enum Architecture {
  X86_64("x86_64-linux", 0xC000_003E), AARCH64("aarch64-linux", 0xC000_00B7);

  private final String system;
  private final int auditArch;

  Architecture(String system, int auditArch) {
    this.system = system;
    this.auditArch = auditArch;
  }

  /** @return that of this machine, if it is known and its system is Linux */
  static Optional<Architecture> here() {
    if (!"Linux".equals(System.getProperty("os.name"))) {
      return Optional.empty();
    }
    return switch (System.getProperty("os.arch", "")) {
      case "amd64", "x86_64" -> Optional.of(X86_64);
      case "aarch64" -> Optional.of(AARCH64);
      default -> Optional.empty();
    };
  }

  /** @return as derivations name it: {@code x86_64-linux} */
  String system() {
    return system;
  }

  /** @return {@code AUDIT_ARCH_…} of linux/audit.h */
  int auditArch() {
    return auditArch;
  }
}
