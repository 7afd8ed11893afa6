package dev.kiln.tar;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.InMemoryDirectories;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.Node;
import dev.kiln.castore.fs.FileTree;
import dev.kiln.castore.fs.FsBlobs;
import dev.kiln.posix.DirectoryFd;
import dev.kiln.posix.FileFd;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** What the real tar packs is the tree that it packed. */
class GnuTarIT {

  private static final ByteString TOP = latin1("top");

  @TempDir
  private Path temp;
  private DirectoryFd parent;
  private Castore castore;

  @BeforeEach
  void open() throws IOException {
    parent = DirectoryFd.open(temp);
    parent.makeDirectory(TOP, 0755);
    castore = new Castore(new FsBlobs(Files.createDirectory(temp.resolve("store"))), new InMemoryDirectories());
  }

  @AfterEach
  void close() throws Exception {
    run("rm", "-rf", "top");
    parent.close();
  }

  private static ByteString latin1(String text) {
    return ByteString.owning(text.getBytes(ISO_8859_1));
  }

  /** What every form can say. */
  private void makeSmallTree() throws IOException {
    Path top = temp.resolve("top");
    try (DirectoryFd directory = parent.openDirectory(TOP)) {
      for (String name : new String[]{"b", "\u00e4\u00ff", "new\nline", "sp ace", "a-"}) {
        write(directory, name, 0644, name);
      }
      write(directory, "executable", 0755, "#!");
      write(directory, "others-execute", 0611, "");
      write(directory, "x".repeat(97), 0444, "x");
      directory.makeDirectory(latin1("empty"), 0755);
      directory.makeDirectory(latin1("sub"), 0700);
      directory.makeSymlink(latin1("link"), latin1("../\u00ff/."));
    }
    Files.write(top.resolve("sub/large"), new byte[200_001]);
    Files.createLink(top.resolve("sub/hard"), top.resolve("b"));
    Files.createLink(top.resolve("a-hard"), top.resolve("executable"));
    Files.createLink(top.resolve("hard-link-to-link"), top.resolve("link"));
  }

  /** What v7 and ustar cannot say. */
  private void makeLongNames() throws IOException {
    try (DirectoryFd directory = parent.openDirectory(TOP)) {
      write(directory, "\u00fe".repeat(255), 0644, "255");
      directory.makeSymlink(latin1("long-link"), latin1("t/\u00ff".repeat(400)));
    }
    Path deep = temp.resolve("top");
    for (int i = 0; i < 5; i++) {
      deep = Files.createDirectory(deep.resolve("d".repeat(90)));
      Files.writeString(deep.resolve("file" + i), "deep " + i);
    }
    Files.createLink(deep.resolve("hard"), deep.resolve("file4"));
  }

  private static void write(DirectoryFd directory, String name, int mode, String content) throws IOException {
    try (FileFd file = directory.createFile(latin1(name), mode)) {
      file.write(ByteBuffer.wrap(content.getBytes(ISO_8859_1)));
    }
  }

  private int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).directory(temp.toFile()).redirectErrorStream(true).redirectOutput(
        temp.resolve("log").toFile()).start().waitFor();
  }

  private Node packed(String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("tar", "-c", "-f", "out.tar", "-C", "top"));
    command.addAll(List.of(options));
    assertThat(run(command.toArray(String[]::new))).as(Files.readString(temp.resolve("log"))).isZero();
    try (InputStream tar = Files.newInputStream(temp.resolve("out.tar"))) {
      return new TarTree().ingest(castore, tar);
    }
  }

  private Node onDisk() throws IOException {
    try (Ingest ingest = castore.ingest()) {
      FileTree.read(parent, TOP, FileTree.Options.UNLIMITED, ingest);
      return ingest.sync();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v7", "oldgnu", "gnu", "ustar", "pax"})
  void isTheTreeOnDiskInEveryForm(String format) throws Exception {
    makeSmallTree();
    assertThat(packed("--format=" + format, "--sort=name", ".")).isEqualTo(onDisk());
    assertThat(packed("--format=" + format, "--sort=inode", ".")).isEqualTo(onDisk());
  }

  @ParameterizedTest
  @ValueSource(strings = {"oldgnu", "gnu", "pax"})
  void isTheTreeOnDiskWithNamesOfAnyLength(String format) throws Exception {
    makeSmallTree();
    makeLongNames();
    assertThat(packed("--format=" + format, ".")).isEqualTo(onDisk());
  }

  @Test
  void isTheTreeOnDiskWithPathsSplitByUstar() throws Exception {
    Path deep = Files.createDirectories(temp.resolve("top/" + "p".repeat(80) + "/" + "q".repeat(70)));
    Files.writeString(deep.resolve("n".repeat(98)), "deep");
    assertThat(packed("--format=ustar", ".")).isEqualTo(onDisk());
  }

  @Test
  void isTheTreeOnDiskWithTheDirectoriesLast() throws Exception {
    makeSmallTree();
    try (DirectoryFd directory = parent.openDirectory(TOP)) {
      directory.unlink(latin1("\u00e4\u00ff"));
      directory.unlink(latin1("new\nline"));
    }
    assertThat(
        packed("--no-recursion", "sub/large", "b", "sub/hard", "link", "hard-link-to-link", "empty", "executable",
            "a-hard", "others-execute", "x".repeat(97), "sp ace", "a-", "sub", "."))
        .isEqualTo(onDisk());
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu", "pax --sparse-version=0.0", "pax --sparse-version=0.1", "pax --sparse-version=1.0"})
  void sparseFilesAreRefusedByName(String format) throws Exception {
    try (var file = new RandomAccessFile(temp.resolve("top/sparse").toFile(), "rw")) {
      file.setLength(10_000_000);
    }
    List<String> options = new ArrayList<>(List.of("-S"));
    options.addAll(List.of(("--format=" + format).split(" ")));
    options.add(".");
    assertThatExceptionOfType(InvalidTar.class).isThrownBy(() -> packed(options.toArray(String[]::new)))
        .withMessageContaining("sparse'").withMessageContaining("a sparse file");
  }

  @Test
  void fifosAreRefusedByName() throws Exception {
    assertThat(run("mkfifo", "top/pipe")).isZero();
    assertThatExceptionOfType(InvalidTar.class).isThrownBy(() -> packed(".")).withMessageContaining(
        "entry './pipe': it is a fifo");
  }
}
