package dev.kiln.castore.fs;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.TreeSink;
import dev.kiln.castore.fs.FileTree.Options;
import dev.kiln.posix.DirectoryCursor;
import dev.kiln.posix.DirectoryFd;
import dev.kiln.posix.FileFd;
import dev.kiln.posix.FileType;
import dev.kiln.posix.OrdinaryUser;
import dev.kiln.posix.TreeRemoval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

class FileTreeTests {

  private static final ByteString TOP = ByteString.utf8("top");

  @TempDir
  Path temp;
  private DirectoryFd parent;
  private Path top;

  @BeforeEach
  void open() throws IOException {
    parent = DirectoryFd.open(temp);
    top = Files.createDirectory(temp.resolve("top"));
  }

  @AfterEach
  void close() throws IOException {
    TreeRemoval.remove(parent, TOP);
    parent.close();
  }

  private List<String> read(Options options) throws IOException {
    RecordingSink sink = new RecordingSink();
    FileTree.read(parent, TOP, options, sink);
    return sink.lines;
  }

  private static ByteString latin1(String text) {
    return ByteString.owning(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void showsATreeInTheOrderOfItsNamesBytes() throws IOException {
    try (DirectoryFd directory = parent.openDirectory(TOP)) {
      for (String name : new String[]{"b", "a", "a-", "B", "\u00e4", "\u00ff\u00fe", "\n", "a0"}) {
        try (FileFd file = directory.createFile(latin1(name), 0644)) {
          file.write(ByteBuffer.wrap(name.getBytes(StandardCharsets.ISO_8859_1)));
        }
      }
      directory.makeDirectory(latin1("a."), 0755);
      directory.makeSymlink(latin1("a1"), latin1("../\u00ff/."));
    }
    assertThat(read(Options.UNLIMITED)).containsExactly("enter -", "file \n 1 \n", "file B 1 B", "file a 1 a",
        "file a- 2 a-", "enter a.", "leave", "file a0 2 a0", "link a1 ../\u00ff/.", "file b 1 b",
        "file \u00e4 1 \u00e4", "file \u00ff\u00fe 2 \u00ff\u00fe", "leave");
  }

  @Test
  void callsAFileExecutableIfItsOwnerMayExecuteIt() throws IOException {
    List<String> expected = new ArrayList<>(List.of("enter -"));
    for (String permissions : new String[]{"r--r--r--", "r--r-xr-x", "r-x------", "r-xr-xr-x"}) {
      Path file = Files.createFile(top.resolve(permissions));
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
      expected.add((permissions.charAt(2) == 'x' ? "executable " : "file ") + permissions + " 0 ");
    }
    expected.add("leave");
    assertThat(read(Options.UNLIMITED)).isEqualTo(expected);
  }

  @Test
  void takesAFileOrALinkAsTheTop() throws IOException {
    Files.delete(top);
    Files.createSymbolicLink(top, Path.of("/etc"));
    assertThat(read(Options.UNLIMITED)).containsExactly("link - /etc");
    Files.delete(top);
    Files.writeString(top, "x");
    assertThat(read(Options.UNLIMITED)).containsExactly("file - 1 x");
  }

  @Test
  void readsTreesDeeperThanAnyPathOrDescriptorLimit() throws IOException {
    ByteString name = ByteString.utf8("twelve bytes");
    try (var cursor = new DirectoryCursor(parent)) {
      cursor.enter(TOP);
      for (int i = 0; i < 10_000; i++) {
        cursor.here().makeDirectory(name, 0700);
        cursor.enter(name);
      }
      cursor.here().makeSymlink(name, TOP);
    }
    List<String> lines = read(Options.UNLIMITED);
    assertThat(lines).hasSize(2 * 10_001 + 1);
    assertThat(lines.get(10_001)).isEqualTo("link twelve bytes top");
    assertThat(Collections.frequency(lines, "leave")).isEqualTo(10_001);
  }

  @Test
  void readsHardLinksAndSparseFilesAsWhatTheySeem() throws IOException {
    try (var file = new RandomAccessFile(top.resolve("a").toFile(), "rw")) {
      file.setLength(1_000_000);
    }
    Files.createLink(top.resolve("b"), top.resolve("a"));
    String zeros = "\0".repeat(1_000_000);
    assertThat(read(Options.UNLIMITED)).containsExactly("enter -", "file a 1000000 " + zeros, "file b 1000000 " + zeros,
        "leave");
  }

  @Test
  void refusesSocketsByName() throws IOException {
    Files.createDirectory(top.resolve("sub"));
    try (var socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.bind(UnixDomainSocketAddress.of(top.resolve("sub/s")));
      assertThatExceptionOfType(UnsupportedFileType.class).isThrownBy(() -> read(Options.UNLIMITED)).withMessage(
          "file 'top/sub/s' has an unsupported type: it is a socket").matches(e -> e.type() == FileType.SOCKET);
    }
  }

  @Test
  void takesNoMoreThanItMay() throws IOException {
    Files.writeString(top.resolve("a"), "12345");
    Files.writeString(top.resolve("b"), "12345");
    assertThat(read(new Options(10, 3, false))).hasSize(4);
    assertThatExceptionOfType(FileTreeTooLarge.class).isThrownBy(() -> read(new Options(9, 3, false))).withMessage(
        "more than 9 bytes, seen at 'top/b'");
    assertThatExceptionOfType(FileTreeTooLarge.class).isThrownBy(() -> read(new Options(10, 2, false))).withMessage(
        "more than 2 files, seen at 'top/b'");
  }

  @Test
  void failsWhenAFileChangesWhileItIsRead() throws IOException {
    Path file = top.resolve("a");
    for (String change : new String[]{"1", "12345678", ""}) {
      Files.writeString(file, "12345");
      assertThatIOException().isThrownBy(() -> FileTree.read(parent, TOP, Options.UNLIMITED,
          new ChangingSink(() -> Files
              .writeString(file, change))))
          .withMessageContaining("'top/a'").withMessageMatching(
              ".*(changed|became shorter) while it was read.*");
    }
  }

  @FunctionalInterface
  private interface Change {
    void run() throws IOException;
  }

  /** Makes a change before it reads. */
  private record ChangingSink(Change change) implements TreeSink {

    @Override
    public void enterDirectory(@Nullable PathComponent name) {}

    @Override
    public void leaveDirectory() {}

    @Override
    public void file(@Nullable PathComponent name, boolean executable, long size, InputStream content)
        throws IOException {
      change.run();
      assertThat(content.readAllBytes().length).isEqualTo((int) size);
    }

    @Override
    public void symlink(@Nullable PathComponent name, ByteString target) {}
  }

  @Test
  void readsWhatItsOwnerMayNotOnlyIfToldTo() throws Exception {
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.delete(top);
    OrdinaryUser.call(() -> {
      parent.makeDirectory(TOP, 0700);
      try (DirectoryFd directory = parent.openDirectory(TOP)) {
        directory.createFile(ByteString.utf8("a"), 0111).close();
        directory.makeDirectory(ByteString.utf8("b"), 0000);
        directory.makeDirectory(ByteString.utf8("c"), 0400);
        directory.chmod(0000);
      }
      assertThatIOException().isThrownBy(() -> read(Options.UNLIMITED)).withMessageContaining("EACCES");
      assertThat(read(new Options(100, 100, true))).containsExactly("enter -", "executable a 0 ", "enter b", "leave",
          "enter c", "leave", "leave");
      return top;
    });
  }
}
