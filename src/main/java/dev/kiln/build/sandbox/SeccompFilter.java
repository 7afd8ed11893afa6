package dev.kiln.build.sandbox;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The system calls that a builder may not make: giving files the set-user-ID or set-group-ID bit (they fail with EPERM), and
 * setting extended attributes (ENOTSUP), because neither can be kept in a store (Nix: local-derivation-goal.cc,
 * setupSeccomp). Everything else is allowed.
 */
final class SeccompFilter {

  // linux/bpf_common.h: BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_JMP|BPF_JSET|BPF_K, BPF_RET|BPF_K
  private static final int LOAD = 0x20;
  private static final int JUMP_IF_EQUAL = 0x15;
  private static final int JUMP_IF_SET = 0x45;
  private static final int RETURN = 0x06;

  // struct seccomp_data of linux/seccomp.h: nr, arch, instruction pointer, six arguments of 64 bits
  private static final int NUMBER = 0;
  private static final int ARCHITECTURE = 4;
  private static final int ARGUMENTS = 16;

  private static final int ALLOW = 0x7fff_0000;
  private static final int ERRNO = 0x0005_0000;
  private static final int EPERM = 1;
  private static final int ENOTSUP = 95;
  private static final int S_ISUID = 04000;
  private static final int S_ISGID = 02000;

  private static final int AUDIT_ARCH_I386 = 0x4000_0003;
  private static final int AUDIT_ARCH_ARM = 0x4000_0028;
  private static final int X32 = 0x4000_0000;

  /** @param mode index of the argument that holds the mode */
  private record ModeCall(int number, int mode) {}

  /** The numbers of chmod, fchmod, fchmodat, fchmodat2 and of (l, f)setxattr, setxattrat in one ABI. */
  private record Abi(int auditArch, List<ModeCall> modeCalls, List<Integer> attributeCalls) {

    static Abi of(int auditArch, List<ModeCall> modeCalls, Integer... attributeCalls) {
      return new Abi(auditArch, modeCalls, List.of(attributeCalls));
    }
  }

  private static final Abi X86_64 = Abi.of(Architecture.X86_64.auditArch(),
      List.of(new ModeCall(90, 1), new ModeCall(91, 1), new ModeCall(268, 2), new ModeCall(452, 2),
          new ModeCall(X32 | 90, 1), new ModeCall(X32 | 91, 1), new ModeCall(X32 | 268, 2), new ModeCall(X32 | 452, 2)),
      188, 189, 190, 463, X32 | 188, X32 | 189, X32 | 190, X32 | 463);
  private static final Abi I386 = Abi.of(AUDIT_ARCH_I386,
      List.of(new ModeCall(15, 1), new ModeCall(94, 1), new ModeCall(306, 2), new ModeCall(452, 2)), 226, 227, 228,
      463);
  private static final Abi AARCH64 = Abi.of(Architecture.AARCH64.auditArch(),
      List.of(new ModeCall(52, 1), new ModeCall(53, 2), new ModeCall(452, 2)), 5, 6, 7, 463);
  private static final Abi ARM = Abi.of(AUDIT_ARCH_ARM,
      List.of(new ModeCall(15, 1), new ModeCall(94, 1), new ModeCall(333, 2), new ModeCall(452, 2)), 226, 227, 228,
      463);

  private record Instruction(int code, int ifTrue, int ifFalse, int k) {}

  private SeccompFilter() {}

  /** @return an array of {@code struct sock_filter} in the machine's byte order, for every ABI that the machine runs */
  static byte[] bytes(Architecture architecture) {
    List<Instruction> program = new ArrayList<>();
    List<Abi> abis = switch (architecture) {
      case X86_64 -> List.of(X86_64, I386);
      case AARCH64 -> List.of(AARCH64, ARM);
    };
    for (Abi abi : abis) {
      List<Instruction> block = block(abi);
      program.add(load(ARCHITECTURE));
      program.add(new Instruction(JUMP_IF_EQUAL, 0, block.size(), abi.auditArch()));
      program.addAll(block);
    }
    // An ABI that is not known could not be filtered, so that nothing of it may run
    program.add(give(ERRNO | EPERM));
    ByteBuffer bytes = ByteBuffer.allocate(program.size() * 8).order(ByteOrder.nativeOrder());
    for (Instruction each : program) {
      bytes.putShort((short) each.code()).put((byte) each.ifTrue()).put((byte) each.ifFalse()).putInt(each.k());
    }
    return bytes.array();
  }

  /** @return what decides one call of the ABI; it never falls out at its end */
  private static List<Instruction> block(Abi abi) {
    List<Instruction> block = new ArrayList<>();
    block.add(load(NUMBER));
    for (ModeCall call : abi.modeCalls()) {
      block.add(new Instruction(JUMP_IF_EQUAL, 0, 4, call.number()));
      // The low half of the argument: both machines are little-endian, and a mode has 32 bits
      block.add(load(ARGUMENTS + 8 * call.mode()));
      block.add(new Instruction(JUMP_IF_SET, 0, 1, S_ISUID | S_ISGID));
      block.add(give(ERRNO | EPERM));
      block.add(give(ALLOW));
    }
    for (int number : abi.attributeCalls()) {
      block.add(new Instruction(JUMP_IF_EQUAL, 0, 1, number));
      block.add(give(ERRNO | ENOTSUP));
    }
    block.add(give(ALLOW));
    return block;
  }

  private static Instruction load(int offset) {
    return new Instruction(LOAD, 0, 0, offset);
  }

  private static Instruction give(int verdict) {
    return new Instruction(RETURN, 0, 0, verdict);
  }
}
