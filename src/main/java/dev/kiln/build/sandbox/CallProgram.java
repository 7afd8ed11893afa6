package dev.kiln.build.sandbox;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import dev.kiln.bytes.ByteString;

/**
 * A static Linux program that makes system calls, one after the other, with arguments that are known when it is written: what a
 * shell script would do by a process for each step. A call that must not fail ends the program with exit code 1 if it does, after
 * {@code <what it was to do>: <why it failed>} on stderr.
 *
 * <p>The file is: headers, data, code; it is loaded as it is at a fixed address, so that the data's addresses are known as soon as
 * they are added.
 */
final class CallProgram {

  /** Stands for the answer of the last call that was {@linkplain #hold held}, as a call's first argument. */
  static final int HELD = Integer.MIN_VALUE;

  /** In bytes: what an ELF file of 64 bits has before its first segment's content (one program header). */
  private static final int HEADERS = 64 + 56;
  private static final int BASE = 0x40_0000;
  private static final int MESSAGES = 64;
  private static final int MAX_SIZE = 1 << 30;
  private static final int ROOM = 64;
  private static final int STDERR = 2;

  // X86: ebx holds an answer, ebp the address of what is being done; ARM: w19 and x20. No call changes them
  private static final int[] X86_ARGUMENTS = {0xBF, 0xBE, 0xBA, 0x41BA, 0x41B8}; // mov edi, esi, edx, r10d, r8d, argument
  private static final int ARM_NUMBER = 8;
  private static final int ARM_DOING = 20;

  /** Of errno.h and strerror; what is not here is told by its number alone. */
  private static final Map<Integer, String> ERRORS = Map.ofEntries(Map.entry(1, "Operation not permitted"),
      Map.entry(2, "No such file or directory"), Map.entry(5, "Input/output error"),
      Map.entry(7, "Argument list too long"), Map.entry(8, "Exec format error"),
      Map.entry(12, "Cannot allocate memory"),
      Map.entry(13, "Permission denied"), Map.entry(20, "Not a directory"), Map.entry(21, "Is a directory"),
      Map.entry(22, "Invalid argument"), Map.entry(24, "Too many open files"), Map.entry(26, "Text file busy"),
      Map.entry(28, "No space left on device"), Map.entry(36, "File name too long"),
      Map.entry(40, "Too many levels of symbolic links"));

  private final Architecture architecture;
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private ByteBuffer code = littleEndian(1024);
  /** Where in the code the program begins: behind what ends it. */
  private final int entry;

  CallProgram(Architecture architecture) {
    this.architecture = architecture;
    writeFailure(messages());
    this.entry = code.position();
  }

  /** @return the address of {@code bytes} and a NUL behind them */
  int string(ByteString bytes) {
    int at = here();
    add(bytes.toByteArray());
    data.write(0);
    return at;
  }

  int string(String text) {
    return string(ByteString.utf8(text));
  }

  /** @return the address of an environment's variable */
  int variable(ByteString name, ByteString value) {
    int at = here();
    add(name.toByteArray());
    data.write('=');
    string(value);
    return at;
  }

  /** @return the address of {@code addresses} and a null pointer behind them */
  int pointers(List<Integer> addresses) {
    long[] pointers = new long[addresses.size() + 1];
    for (int i = 0; i < addresses.size(); i++) {
      pointers[i] = addresses.get(i);
    }
    return longs(pointers);
  }

  /** @return the address of numbers of 64 bits */
  int longs(long... values) {
    int at = align();
    byte[] bytes = new byte[values.length * Long.BYTES];
    ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      out.putLong(value);
    }
    add(bytes);
    return at;
  }

  /** Makes a call that may fail. */
  void call(SystemCall call, int... arguments) {
    room();
    for (int i = 0; i < arguments.length; i++) {
      argument(i, arguments[i]);
    }
    switch (architecture) {
      // mov eax, number; syscall
      case X86_64 -> code.put((byte) 0xB8).putInt(call.number(architecture)).put(bytes(0x0F, 0x05));
      // movz w8, number; svc #0
      case AARCH64 -> move(ARM_NUMBER, call.number(architecture)).putInt(0xD400_0001);
    }
  }

  /**
   * Makes a call that must not fail.
   *
   * @param doing what it does, up to the name in quotes that it does it to
   */
  void require(String doing, ByteString to, SystemCall call, int... arguments) {
    int text = here();
    add(ByteString.utf8(doing + " '").toByteArray());
    add(to.toByteArray());
    data.write('\'');
    int told = longs(text, here() - text);
    call(call, arguments);
    room();
    switch (architecture) {
      case X86_64 -> {
        code.put(bytes(0x85, 0xC0, 0x79, 10)); // test eax, eax; jns over what follows
        code.put((byte) 0xBD).putInt(told); // mov ebp, told
        code.put((byte) 0xE9).putInt(-(code.position() + 4)); // jmp to the code's begin
      }
      case AARCH64 -> {
        code.putInt(0x36F8_0000 | 4 << 5); // tbz w0, #31, over what follows
        move(ARM_DOING, told);
        code.putInt(0x1400_0000 | -(code.position() / 4) & 0x3ff_ffff); // b to the code's begin
      }
    }
  }

  /** Keeps the last call's answer for later ones. */
  void hold() {
    room();
    switch (architecture) {
      case X86_64 -> code.put(bytes(0x89, 0xC3)); // mov ebx, eax
      case AARCH64 -> code.putInt(0x2A00_03F3); // mov w19, w0
    }
  }

  /** @return the whole program, which ends with a call that does not return */
  byte[] bytes() {
    int codeAt = align();
    int size = codeAt - BASE + code.position();
    byte[] file = new byte[size];
    ByteBuffer out = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    headers(out, codeAt + entry, size);
    out.put(data.toByteArray()).put(code.duplicate().flip());
    return file;
  }

  /** See elf(5). One segment, readable and executable, that holds the whole file. */
  private void headers(ByteBuffer out, long start, long size) {
    out.put(new byte[]{0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
    out.putShort((short) 2).putShort((short) (architecture == Architecture.X86_64 ? 62 : 183)).putInt(1);
    out.putLong(start).putLong(64).putLong(0).putInt(0);
    out.putShort((short) 64).putShort((short) 56).putShort((short) 1).putShort((short) 64);
    out.putShort((short) 0).putShort((short) 0);
    out.putInt(1).putInt(5).putLong(0).putLong(BASE).putLong(BASE).putLong(size).putLong(size).putLong(0x10000);
  }

  private void argument(int index, int value) {
    switch (architecture) {
      case X86_64 -> {
        if (value == HELD) {
          requireFirst(index);
          code.put(bytes(0x89, 0xDF)); // mov edi, ebx
          return;
        }
        int move = X86_ARGUMENTS[index];
        if (move > 0xff) {
          code.put((byte) (move >>> 8));
        }
        code.put((byte) move).putInt(value);
      }
      case AARCH64 -> {
        if (value == HELD) {
          requireFirst(index);
          code.putInt(0x2A13_03E0); // mov w0, w19
        } else {
          move(index, value);
        }
      }
    }
  }

  private static void requireFirst(int index) {
    if (index != 0) {
      throw new IllegalArgumentException("an answer can only be the first argument, not number " + index);
    }
  }

  /** Takes the failed call's errno for an index into the messages, tells what was being done and that, and ends. */
  private void writeFailure(int messagesAt) {
    switch (architecture) {
      case X86_64 -> {
        code.put(bytes(0xF7, 0xD8)); // neg eax
        code.put(bytes(0x83, 0xF8, MESSAGES - 1, 0x76, 0x02, 0x31, 0xC0)); // cmp eax, 63; jbe +2; xor eax, eax
        code.put(bytes(0xC1, 0xE0, 0x04)); // shl eax, 4
        hold();
        code.put(bytes(0x8B, 0x75, 0x00, 0x8B, 0x55, 0x08)); // mov esi, [rbp]; mov edx, [rbp + 8]
        call(SystemCall.WRITE, STDERR);
        code.put(bytes(0x8B, 0xB3)).putInt(messagesAt); // mov esi, [rbx + messages]
        code.put(bytes(0x8B, 0x93)).putInt(messagesAt + 8); // mov edx, [rbx + messages + 8]
      }
      case AARCH64 -> {
        code.putInt(0x4B00_03E0).putInt(0x7100_FC1F); // neg w0, w0; cmp w0, #63
        code.putInt(0x1A9F_9000); // csel w0, w0, wzr, ls
        hold();
        code.putInt(0xF940_0281).putInt(0xF940_0682); // ldr x1, [x20]; ldr x2, [x20, #8]
        call(SystemCall.WRITE, STDERR);
        move(9, messagesAt).putInt(0x8B13_1129); // add x9, x9, x19, lsl #4
        code.putInt(0xF940_0121).putInt(0xF940_0522); // ldr x1, [x9]; ldr x2, [x9, #8]
      }
    }
    call(SystemCall.WRITE, STDERR);
    call(SystemCall.EXIT_GROUP, 1);
  }

  /** @return the address of a table, by errno, of addresses and lengths of messages */
  private int messages() {
    List<Long> table = new ArrayList<>();
    for (int errno = 0; errno < MESSAGES; errno++) {
      ByteString message = ByteString.utf8(
          ": " + ERRORS.getOrDefault(errno, errno == 0 ? "unknown error" : "error " + errno) + "\n");
      table.add((long) string(message));
      table.add((long) message.length());
    }
    return longs(table.stream().mapToLong(Long::longValue).toArray());
  }

  /** {@code movz w<register>, #low; movk w<register>, #high, lsl #16}. */
  private ByteBuffer move(int register, int value) {
    return code.putInt(0x5280_0000 | (value & 0xffff) << 5 | register)
        .putInt(0x72A0_0000 | (value >>> 16) << 5 | register);
  }

  /** Sees to it that one call has room. */
  private void room() {
    if (code.remaining() < 2 * ROOM) {
      code = littleEndian(2 * code.capacity()).put(code.flip());
    }
  }

  private void add(byte[] bytes) {
    if (data.size() + (long) bytes.length > MAX_SIZE) {
      throw new IllegalArgumentException("arguments and environment have more than " + MAX_SIZE + " bytes");
    }
    data.writeBytes(bytes);
  }

  private int here() {
    return BASE + HEADERS + data.size();
  }

  private int align() {
    while (here() % 8 != 0) {
      data.write(0);
    }
    return here();
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static ByteBuffer littleEndian(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
