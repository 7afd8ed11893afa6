package dev.kiln.build.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.kiln.bytes.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

/** Runs programs that are nothing but system calls. */
class CallProgramIT {

  private static final int AT_FDCWD = -100;
  private static final int WRITE_AND_CREATE = 0101;

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  private Path directory;

  private record Ended(int exitCode, String output) {}

  @Test
  void passesTheAnswerOfOneCallToOthers() throws Exception {
    CallProgram program = program();
    Path file = directory.resolve("written");
    program.call(SystemCall.OPENAT, AT_FDCWD, program.string(file.toString()), WRITE_AND_CREATE, 0640);
    program.hold();
    program.require("writing", ByteString.utf8("it"), SystemCall.WRITE, CallProgram.HELD, program.string("hello"), 5);
    program.call(SystemCall.CLOSE, CallProgram.HELD);
    program.call(SystemCall.EXIT_GROUP, 7);
    assertThat(run(program)).isEqualTo(new Ended(7, ""));
    assertThat(file).hasContent("hello");
  }

  @Test
  void endsWithTheFirstCallThatMustNotFailAndSaysWhy() throws Exception {
    CallProgram program = program();
    program.call(SystemCall.CLOSE, 99);
    program.require("opening", ByteString.utf8("/no/such"), SystemCall.OPENAT, AT_FDCWD, program.string("/no/such"), 0,
        0);
    program.call(SystemCall.EXIT_GROUP, 0);
    assertThat(run(program)).isEqualTo(new Ended(1, "opening '/no/such': No such file or directory\n"));
  }

  @Test
  void tellsAnErrorWithoutANameByItsNumber() throws Exception {
    CallProgram program = program();
    program.require("closing", ByteString.utf8("99"), SystemCall.CLOSE, 99);
    assertThat(run(program)).isEqualTo(new Ended(1, "closing '99': error 9\n"));
  }

  @Test
  void makesThousandsOfCallsInOrder() throws Exception {
    CallProgram program = program();
    StringBuilder expected = new StringBuilder();
    for (int i = 0; i < 5_000; i++) {
      String line = i + "\n";
      program.require("saying", ByteString.utf8(line), SystemCall.WRITE, 1, program.string(line), line.length());
      expected.append(line);
    }
    program.call(SystemCall.EXIT_GROUP, 0);
    assertThat(run(program)).isEqualTo(new Ended(0, expected.toString()));
  }

  @Test
  void turnsIntoAnotherProgramWithItsArguments() throws Exception {
    CallProgram program = program();
    int arguments = program.pointers(List.of(program.string("busybox"), program.string("echo"), program.string("a b")));
    program.require("executing", ByteString.utf8("busybox"), SystemCall.EXECVE, program.string("/bin/busybox"),
        arguments,
        program.pointers(List.of()));
    assertThat(run(program)).isEqualTo(new Ended(0, "a b\n"));
  }

  private static CallProgram program() {
    return new CallProgram(Architecture.here().orElseThrow());
  }

  private Ended run(CallProgram program) throws IOException, InterruptedException {
    Path file = Files.write(directory.resolve("program"), program.bytes());
    assertThat(file.toFile().setExecutable(true)).isTrue();
    Process process = new ProcessBuilder(file.toString()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), output);
  }
}
