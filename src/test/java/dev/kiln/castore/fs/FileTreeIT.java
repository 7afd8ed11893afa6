package dev.kiln.castore.fs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.fs.FileTree.Options;
import dev.kiln.posix.DirectoryFd;
import dev.kiln.posix.FileType;
import dev.kiln.posix.TreeRemoval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@Timeout(60)
class FileTreeIT {

  private static final ByteString TOP = ByteString.utf8("top");

  @TempDir
  Path temp;

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).as(String.join(" ", command)).isZero();
  }

  @Test
  void refusesAFifoWithoutWaitingForAWriter() throws Exception {
    run("mkfifo", temp.resolve("top").toString());
    try (DirectoryFd parent = DirectoryFd.open(temp)) {
      assertThatExceptionOfType(UnsupportedFileType.class).isThrownBy(() -> FileTree.read(parent, TOP,
          Options.UNLIMITED, new RecordingSink())).withMessage("file 'top' has an unsupported type: it is a fifo")
          .matches(e -> e.type() == FileType.FIFO);
      parent.openFile(TOP).close();
    }
  }

  /** In this locale Java's own paths cannot have such names. */
  @ParameterizedTest
  @ValueSource(strings = {"C", "POSIX", "C.UTF-8"})
  void readsAndRemovesAnyNameInAnyLocale(String locale) throws Exception {
    Path top = Files.createDirectory(temp.resolve("top"));
    run("/bin/sh", "-c", "cd '" + top + "' && for n in '\\344' 'new\\nline' '\\377\\376' '\\303\\244'; do"
        + " printf x > \"$(printf \"$n\")\"; done");
    String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    ProcessBuilder java = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "-cp", classPath, ReadAndRemove.class.getName(), temp.toString());
    java.environment().put("LC_ALL", locale);
    java.redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = java.start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(printed).isEqualTo("""
        enter -;file new
        line 1 x;file \u00c3\u00a4 1 x;file \u00e4 1 x;file \u00ff\u00fe 1 x;leave""");
    assertThat(top).doesNotExist();
  }

  /** A program that prints the tree {@code top} below its argument, in Latin-1, and removes it. */
  static final class ReadAndRemove {

    private ReadAndRemove() {}

    public static void main(String[] arguments) throws IOException {
      RecordingSink sink = new RecordingSink();
      try (DirectoryFd parent = DirectoryFd.open(Path.of(arguments[0]))) {
        FileTree.read(parent, TOP, Options.UNLIMITED, sink);
        TreeRemoval.remove(parent, TOP);
      }
      System.out.writeBytes(String.join(";", sink.lines).getBytes(StandardCharsets.ISO_8859_1));
    }
  }
}
