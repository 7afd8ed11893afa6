package dev.kiln.build.sandbox;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

import dev.kiln.bytes.ByteString;

/**
 * A Linux program that does nothing but turn into the builder: one {@code execve} with a given path, argv and environment,
 * all of them bytes.
 *
 * <p>It stands between bubblewrap and the builder because bubblewrap 0.8 takes no argv[0], sets {@code PWD} itself, and
 * counts every variable among its at most 9,000 arguments; a shell in that place would drop the variables whose names are
 * no identifiers. If the builder cannot be executed, the program prints {@code executing '…': <why>}, as Nix does, and ends
 * with exit code 1. Until then stderr is bubblewrap's own, so that its complaints are not mixed with the log.
 *
 * @param personality32 whether the builder is told that it runs on a 32-bit machine
 */
record ExecImage(Architecture architecture, boolean personality32, ByteString path, List<ByteString> argv,
    SortedMap<ByteString, ByteString> environment) {

  /** The descriptor that the program must be run from; the builder does not see it. */
  static final int IMAGE = 9;
  /** The descriptor that the builder gets as stdout and stderr, and not else. */
  static final int LOG = 8;

  /** In bytes: what an ELF file of 64 bits has before its first segment's content (one program header). */
  private static final int HEADERS = 64 + 56;
  private static final int BASE = 0x40_0000;
  private static final int CODE_SPACE = 512;
  private static final int MESSAGES = 64;
  private static final int MAX_SIZE = 1 << 30;

  // Nix (local-derivation-goal.cc) turns address randomisation off, and gives i686 builds a 32-bit uname
  private static final int ADDR_NO_RANDOMIZE = 0x004_0000;
  private static final int PER_LINUX32 = 0x0008;

  /** Of errno.h and strerror; what is not here is told by its number alone. */
  private static final Map<Integer, String> ERRORS = Map.of(2, "No such file or directory", 5, "Input/output error", 7,
      "Argument list too long", 8, "Exec format error", 12, "Cannot allocate memory", 13, "Permission denied", 20,
      "Not a directory", 36, "File name too long", 40, "Too many levels of symbolic links", 21, "Is a directory");

  /** Writes the program, which then needs to be made executable. */
  void write(FileChannel file) throws IOException {
    Layout layout = new Layout();
    int pathAt = layout.string(path.toByteArray());
    int argvAt = layout.pointers(argv.stream().map(arg -> layout.string(arg.toByteArray())).toList());
    int envAt = layout.pointers(environment.entrySet().stream().map(layout::variable).toList());
    int messagesAt = layout.messages(path);
    ByteBuffer code = code(pathAt, argvAt, envAt, messagesAt);
    ByteBuffer head = littleEndian(HEADERS + CODE_SPACE);
    headers(head, HEADERS + CODE_SPACE + layout.size());
    head.put(code).rewind();
    writeFully(file, head);
    writeFully(file, ByteBuffer.wrap(layout.bytes()));
  }

  private int personality() {
    return ADDR_NO_RANDOMIZE | (personality32 ? PER_LINUX32 : 0);
  }

  /** See elf(5). One segment, readable and executable, that holds the whole file. */
  private void headers(ByteBuffer out, long size) {
    out.put(new byte[]{0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
    out.putShort((short) 2).putShort((short) (architecture == Architecture.X86_64 ? 62 : 183)).putInt(1);
    out.putLong(BASE + HEADERS).putLong(64).putLong(0).putInt(0);
    out.putShort((short) 64).putShort((short) 56).putShort((short) 1).putShort((short) 64);
    out.putShort((short) 0).putShort((short) 0);
    out.putInt(1).putInt(5).putLong(0).putLong(BASE).putLong(BASE).putLong(size).putLong(size).putLong(0x10000);
  }

  private ByteBuffer code(int pathAt, int argvAt, int envAt, int messagesAt) {
    ByteBuffer code = littleEndian(CODE_SPACE);
    boolean x86 = architecture == Architecture.X86_64;
    call(code, x86 ? 135 : 92, personality());
    call(code, x86 ? 292 : 24, LOG, 1, 0); // dup3
    call(code, x86 ? 292 : 24, LOG, 2, 0);
    call(code, x86 ? 3 : 57, LOG); // close
    call(code, x86 ? 3 : 57, IMAGE);
    call(code, x86 ? 59 : 221, pathAt, argvAt, envAt); // execve
    loadMessage(code, messagesAt);
    call(code, x86 ? 1 : 64, 2); // write: the message is in place
    call(code, x86 ? 231 : 94, 1); // exit_group
    return code.rewind();
  }

  /** A system call, its arguments being what they are when the program is written. */
  private void call(ByteBuffer code, int number, int... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      switch (architecture) {
        // mov edi, esi or edx, argument
        case X86_64 -> code.put((byte) new int[]{0xBF, 0xBE, 0xBA}[i]).putInt(arguments[i]);
        case AARCH64 -> move(code, i, arguments[i]);
      }
    }
    switch (architecture) {
      // mov eax, number; syscall
      case X86_64 -> code.put((byte) 0xB8).putInt(number).put(bytes(0x0F, 0x05));
      // movz w8, number; svc #0
      case AARCH64 -> move(code, 8, number).putInt(0xD400_0001);
    }
  }

  /** Takes the failed call's errno for an index into the messages, and loads address and length of what stands there. */
  private void loadMessage(ByteBuffer code, int messagesAt) {
    switch (architecture) {
      case X86_64 -> {
        code.put(bytes(0xF7, 0xD8)); // neg eax
        code.put(bytes(0x83, 0xF8, MESSAGES - 1, 0x76, 0x02, 0x31, 0xC0)); // cmp eax, 63; jbe +2; xor eax, eax
        code.put(bytes(0xC1, 0xE0, 0x04)); // shl eax, 4
        code.put(bytes(0x8B, 0xB0)).putInt(messagesAt); // mov esi, [rax + messages]
        code.put(bytes(0x8B, 0x90)).putInt(messagesAt + 8); // mov edx, [rax + messages + 8]
      }
      case AARCH64 -> {
        code.putInt(0x4B00_03E0).putInt(0x7100_FC1F); // neg w0, w0; cmp w0, #63
        code.putInt(0x1A9F_9000); // csel w0, w0, wzr, ls
        move(code, 9, messagesAt).putInt(0x8B00_1129); // add x9, x9, x0, lsl #4
        code.putInt(0xF940_0121).putInt(0xF940_0522); // ldr x1, [x9]; ldr x2, [x9, #8]
      }
    }
  }

  /** {@code movz w<register>, #low; movk w<register>, #high, lsl #16}. */
  private static ByteBuffer move(ByteBuffer code, int register, int value) {
    return code.putInt(0x5280_0000 | (value & 0xffff) << 5 | register)
        .putInt(0x72A0_0000 | (value >>> 16) << 5 | register);
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

  private static void writeFully(FileChannel file, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  /** The data that follows the code, addressed as it will lie in memory. */
  private static final class Layout {
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();

    int size() {
      return data.size();
    }

    byte[] bytes() {
      return data.toByteArray();
    }

    int string(byte[] bytes) {
      int at = here();
      if (size() + (long) bytes.length > MAX_SIZE) {
        throw new IllegalArgumentException("arguments and environment have more than " + MAX_SIZE + " bytes");
      }
      data.writeBytes(bytes);
      data.write(0);
      return at;
    }

    int variable(Map.Entry<ByteString, ByteString> variable) {
      int at = here();
      data.writeBytes(variable.getKey().toByteArray());
      data.write('=');
      string(variable.getValue().toByteArray());
      return at;
    }

    /** @return the address of {@code addresses} and a null pointer behind them */
    int pointers(List<Integer> addresses) {
      int at = align();
      byte[] pointers = new byte[(addresses.size() + 1) * 8];
      ByteBuffer out = ByteBuffer.wrap(pointers).order(ByteOrder.LITTLE_ENDIAN);
      addresses.forEach(address -> out.putLong(address));
      data.writeBytes(pointers);
      return at;
    }

    /** @return the address of a table, by errno, of addresses and lengths of messages */
    int messages(ByteString path) {
      List<Integer> addresses = new ArrayList<>();
      List<Integer> lengths = new ArrayList<>();
      for (int errno = 0; errno < MESSAGES; errno++) {
        String why = ERRORS.getOrDefault(errno, errno == 0 ? "unknown error" : "error " + errno);
        int at = here();
        addresses.add(at);
        write("executing '");
        data.writeBytes(path.toByteArray());
        write("': " + why + "\n");
        lengths.add(here() - at);
      }
      int at = align();
      byte[] table = new byte[MESSAGES * 16];
      ByteBuffer out = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
      for (int errno = 0; errno < MESSAGES; errno++) {
        out.putLong(addresses.get(errno)).putLong(lengths.get(errno));
      }
      data.writeBytes(table);
      return at;
    }

    private void write(String text) {
      data.writeBytes(ByteString.utf8(text).toByteArray());
    }

    private int here() {
      return BASE + HEADERS + CODE_SPACE + data.size();
    }

    private int align() {
      while (here() % 8 != 0) {
        data.write(0);
      }
      return here();
    }
  }
}
