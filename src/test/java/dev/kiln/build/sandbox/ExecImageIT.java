package dev.kiln.build.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.bytes.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

/** Runs the program that turns into the builder, without a sandbox around it. Bytes are written as Latin-1. */
class ExecImageIT {

  private static final String PRINT = "cat /proc/$$/cmdline; echo; cat /proc/$$/environ; exit 0";

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  private Path directory;

  private record Ended(int exitCode, String output) {}

  @Test
  void givesArgumentsAndEnvironmentAsTheyAre() throws Exception {
    var environment = new TreeMap<String, String>();
    environment.put("with-dash", "\u00ff\u00fe not UTF-8");
    environment.put("empty", "");
    environment.put("two\nlines", "a\nb=c");
    Ended ended = run("/bin/busybox", List.of("busybox", "sh", "-c", PRINT, "", "a\nb", "\u00ff\u00e9", "it's \"$x\""),
        environment);
    String[] shown = ended.output().split("(?<=\0)\n", 2);
    assertThat(shown[0]).isEqualTo("busybox\0sh\0-c\0" + PRINT + "\0\0a\nb\0\u00ff\u00e9\0it's \"$x\"\0");
    assertThat(shown[1].split("\0")).contains("empty=", "two\nlines=a\nb=c", "with-dash=\u00ff\u00fe not UTF-8");
    assertThat(ended.exitCode()).isZero();
  }

  @Test
  void takesThousandsOfArgumentsAndVariables() throws Exception {
    var environment = new TreeMap<String, String>();
    IntStream.range(0, 5_000).forEach(i -> environment.put("v" + i, "x".repeat(50)));
    var arguments = new ArrayList<>(List.of("busybox", "sh", "-c", "echo $# $v4999"));
    IntStream.range(0, 5_001).forEach(i -> arguments.add("y".repeat(50)));
    assertThat(run("/bin/busybox", arguments, environment).output()).isEqualTo("5000 " + "x".repeat(50) + "\n");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 42, 255})
  void endsAsTheBuilderEnds(int exitCode) throws Exception {
    assertThat(run("/bin/busybox", List.of("busybox", "sh", "-c", "exit " + exitCode), new TreeMap<>()))
        .isEqualTo(new Ended(exitCode, ""));
  }

  @Test
  void saysWhyABuilderCannotBeExecuted() throws Exception {
    Path text = Files.writeString(directory.resolve("text"), "no program");
    assertFails("/no/such", "No such file or directory", new TreeMap<>());
    assertFails(directory.toString(), "Permission denied", new TreeMap<>());
    assertFails(text + "/x", "Not a directory", new TreeMap<>());
    assertThat(text.toFile().setExecutable(true)).isTrue();
    assertFails(text.toString(), "Exec format error", new TreeMap<>());
    assertFails("/" + "n".repeat(300), "File name too long", new TreeMap<>());
    // MAX_ARG_STRLEN of linux/binfmts.h: 128 KiB
    assertFails("/bin/busybox", "Argument list too long", new TreeMap<>(Map.of("v", "x".repeat(200 * 1024))));
  }

  private void assertFails(String builder, String why, SortedMap<String, String> environment) throws Exception {
    assertThat(run(builder, List.of("busybox", "true"), environment))
        .isEqualTo(new Ended(1, "executing '" + builder + "': " + why + "\n"));
  }

  private Ended run(String builder, List<String> argv, SortedMap<String, String> environment)
      throws IOException, InterruptedException {
    var variables = new TreeMap<ByteString, ByteString>();
    environment.forEach((name, value) -> variables.put(bytes(name), bytes(value)));
    var image = new ExecImage(Architecture.here().orElseThrow(), false, bytes(builder),
        argv.stream().map(ExecImageIT::bytes).toList(), variables);
    Path file = Files.createTempFile(directory, "image", "");
    Files.write(file, image.bytes());
    assertThat(file.toFile().setExecutable(true)).isTrue();
    Path log = directory.resolve("log");
    Process process = new ProcessBuilder("sh", "-c", "exec \"$0\" 8>\"$1\" 9<\"$0\"", file.toString(), log.toString())
        .start();
    int exitCode = process.waitFor();
    return new Ended(exitCode, Files.readString(log, StandardCharsets.ISO_8859_1));
  }

  private static ByteString bytes(String latin1) {
    return ByteString.owning(latin1.getBytes(StandardCharsets.ISO_8859_1));
  }
}
