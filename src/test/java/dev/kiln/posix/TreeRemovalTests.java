package dev.kiln.posix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.kiln.bytes.ByteString;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class TreeRemovalTests {

  private static final ByteString TOP = ByteString.utf8("top");
  private static final ByteString NAME = ByteString.utf8("twelve bytes");

  @TempDir
  Path temp;
  private DirectoryFd directory;

  @BeforeEach
  void open() throws IOException {
    directory = DirectoryFd.open(temp);
  }

  @AfterEach
  void close() throws IOException {
    directory.close();
  }

  @Test
  void removesTreesDeeperThanAnyPathOrDescriptorLimit() throws IOException {
    directory.makeDirectory(TOP, 0700);
    try (var cursor = new DirectoryCursor(directory)) {
      cursor.enter(TOP);
      for (int i = 0; i < 10_000; i++) {
        cursor.here().makeDirectory(NAME, 0700);
        cursor.here().createFile(ByteString.utf8("file"), 0400).close();
        cursor.enter(NAME);
      }
      assertThat(cursor.depth()).isEqualTo(10_001);
      assertThat(cursor.path()).isEqualTo("…" + "/twelve bytes".repeat(6));
    }
    TreeRemoval.remove(directory, TOP);
    assertThat(directory.list()).isEmpty();
  }

  @Test
  void removesWideTreesWithOddNames() throws IOException {
    directory.makeDirectory(TOP, 0700);
    try (DirectoryFd top = directory.openDirectory(TOP)) {
      for (int i = 0; i < 2_000; i++) {
        ByteString name = DirectoryFdTests.latin1("\u00ff\n" + i);
        top.makeDirectory(name, 0700);
        try (DirectoryFd child = top.openDirectory(name)) {
          child.makeDirectory(name, 0500);
        }
      }
    }
    TreeRemoval.remove(directory, TOP);
    assertThat(directory.list()).isEmpty();
  }

  @Test
  void doesNotTouchWhatLinksLeadTo() throws IOException {
    Path outside = Files.createDirectory(temp.resolve("outside"));
    Files.writeString(outside.resolve("precious"), "precious");
    Path top = Files.createDirectory(temp.resolve("top"));
    Files.createSymbolicLink(top.resolve("directory"), outside);
    Files.createSymbolicLink(top.resolve("file"), outside.resolve("precious"));
    Files.createSymbolicLink(top.resolve("up"), Path.of(".."));
    TreeRemoval.remove(directory, TOP);
    Files.createSymbolicLink(temp.resolve("top"), outside);
    TreeRemoval.remove(directory, TOP);
    assertThat(directory.list()).containsExactly(new DirectoryFd.Entry(ByteString.utf8("outside"),
        FileType.DIRECTORY));
    assertThat(outside.resolve("precious")).hasContent("precious");
  }

  @Test
  void removesDirectoriesThatNobodyMayReadOrWrite() throws Exception {
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxrwxrwx"));
    OrdinaryUser.call(() -> {
      directory.makeDirectory(TOP, 0700);
      try (var cursor = new DirectoryCursor(directory)) {
        cursor.enter(TOP);
        for (int permissions : new int[]{0000, 0100, 0200, 0400, 0500}) {
          ByteString name = ByteString.utf8("mode" + permissions);
          cursor.here().makeDirectory(name, 0700);
          cursor.enter(name);
          cursor.here().makeDirectory(NAME, 0000);
          cursor.here().chmod(permissions);
          // Root could go back up; an ordinary user may not search a directory without x.
          cursor.here().chmod(0700);
          cursor.leave();
          cursor.here().chmod(name, permissions);
        }
        cursor.here().chmod(0000);
      }
      assertThatIOException().isThrownBy(() -> directory.openDirectory(TOP)).withMessageContaining("EACCES");
      TreeRemoval.remove(directory, TOP);
      return TOP;
    });
    assertThat(directory.list()).isEmpty();
  }

  @Test
  void removesASingleFileAndIsContentWithNothing() throws IOException {
    directory.createFile(TOP, 0000).close();
    TreeRemoval.remove(directory, TOP);
    assertThat(directory.list()).isEmpty();
    TreeRemoval.remove(directory, TOP);
  }

  @Test
  void stopsWhenADirectoryIsMovedAwayFromUnderTheCursor() throws IOException {
    directory.makeDirectory(TOP, 0700);
    directory.makeDirectory(NAME, 0700);
    try (var cursor = new DirectoryCursor(directory)) {
      cursor.enter(TOP);
      cursor.here().makeDirectory(TOP, 0700);
      cursor.enter(TOP);
      try (DirectoryFd top = directory.openDirectory(TOP); DirectoryFd other = directory.openDirectory(NAME)) {
        top.rename(TOP, other, TOP);
      }
      assertThatIOException().isThrownBy(cursor::leave).withMessageContaining("top/top").withMessageContaining("moved");
    }
  }
}
