package dev.kiln.build.sandbox;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Runs the filter as the kernel does: see seccomp(2) and linux/filter.h. */
class SeccompFilterTests {

  private static final int ALLOW = 0x7fff_0000;
  private static final int EPERM = 0x0005_0001;
  private static final int ENOTSUP = 0x0005_005f;

  private static final int I386 = 0x4000_0003;
  private static final int ARM = 0x4000_0028;

  /** Numbers of arch/x86/entry/syscalls; the argument that holds the mode. */
  @ParameterizedTest
  @CsvSource({"90,1", "91,1", "268,2", "452,2", "0x4000005a,1", "0x4000005b,1", "0x4000010c,2"})
  void refusesTheSetIdBitsOnX86(String number, int argument) {
    refusesTheSetIdBits(Architecture.X86_64, Architecture.X86_64.auditArch(), Integer.decode(number), argument);
  }

  @ParameterizedTest
  @CsvSource({"15,1", "94,1", "306,2", "452,2"})
  void refusesTheSetIdBitsToProgramsOf32Bits(int number, int argument) {
    refusesTheSetIdBits(Architecture.X86_64, I386, number, argument);
  }

  /** Numbers of asm-generic/unistd.h: fchmod and fchmodat. */
  @ParameterizedTest
  @CsvSource({"52,1", "53,2", "452,2"})
  void refusesTheSetIdBitsOnArm(int number, int argument) {
    refusesTheSetIdBits(Architecture.AARCH64, Architecture.AARCH64.auditArch(), number, argument);
  }

  private static void refusesTheSetIdBits(Architecture machine, int abi, int number, int argument) {
    for (int mode = 0; mode < 010000; mode++) {
      boolean setsId = (mode & 06000) != 0;
      assertThat(verdict(machine, abi, number, argument, mode)).as("mode %o", mode).isEqualTo(setsId ? EPERM : ALLOW);
    }
    // The bits are looked for in the mode alone
    assertThat(verdict(machine, abi, number, 3 - argument, 06000)).isEqualTo(ALLOW);
  }

  @ParameterizedTest
  @CsvSource({"188", "189", "190", "463"})
  void saysThatThereAreNoExtendedAttributes(int number) {
    int abi = Architecture.X86_64.auditArch();
    assertThat(verdict(Architecture.X86_64, abi, number, 1, 0)).isEqualTo(ENOTSUP);
    assertThat(verdict(Architecture.X86_64, abi, 0x4000_0000 | number, 1, 0)).isEqualTo(ENOTSUP);
  }

  @Test
  void allowsEverythingElse() {
    int abi = Architecture.X86_64.auditArch();
    for (int number = 0; number < 1000; number++) {
      int verdict = verdict(Architecture.X86_64, abi, number, 1, 0);
      boolean attribute = number >= 188 && number <= 190 || number == 463;
      assertThat(verdict).as("call %d", number).isEqualTo(attribute ? ENOTSUP : ALLOW);
    }
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void letsNothingRunThatItCannotJudge(Architecture machine) {
    for (int abi : new int[]{0, 1, I386, ARM, Architecture.X86_64.auditArch(), Architecture.AARCH64.auditArch()}) {
      boolean native32 = abi == (machine == Architecture.X86_64 ? I386 : ARM);
      boolean known = abi == machine.auditArch() || native32;
      // getpid, or what is there in its place: no call that is filtered
      assertThat(verdict(machine, abi, 1000, 1, 06777)).as("%x", abi).isEqualTo(known ? ALLOW : EPERM);
    }
  }

  private static int verdict(Architecture machine, int abi, int number, int argument, long value) {
    ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    data.putInt(0, number).putInt(4, abi).putLong(16 + 8 * argument, value);
    ByteBuffer program = ByteBuffer.wrap(SeccompFilter.bytes(machine)).order(ByteOrder.nativeOrder());
    int accumulator = 0;
    for (int at = 0;; at++) {
      // struct sock_filter: code, jump if true, jump if false, operand. Out of the program's bounds, this throws
      int code = program.getShort(8 * at);
      int k = program.getInt(8 * at + 4);
      switch (code) {
        case 0x20 -> accumulator = data.getInt(k);
        case 0x15, 0x45 -> {
          boolean jump = code == 0x15 ? accumulator == k : (accumulator & k) != 0;
          at += Byte.toUnsignedInt(program.get(8 * at + (jump ? 2 : 3)));
        }
        case 0x06 -> {
          return k;
        }
        default -> throw new AssertionError("unknown instruction " + code);
      }
    }
  }
}
