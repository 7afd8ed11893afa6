package dev.kiln.posix;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.bytes.ByteString;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class DirectoryFdTests {

  private static final ByteString A = ByteString.utf8("a");
  private static final ByteString B = ByteString.utf8("b");

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

  static ByteString latin1(String text) {
    return ByteString.owning(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void write(DirectoryFd in, ByteString name, byte[] content) throws IOException {
    try (FileFd file = in.createFile(name, 0644)) {
      file.write(ByteBuffer.wrap(content));
    }
  }

  @Test
  void keepsEveryByteThatAFileNameMayHave() throws IOException {
    for (int value = 1; value < 256; value++) {
      if (value != '/') {
        ByteString name = latin1("n" + (char) value);
        write(directory, name, new byte[value]);
        assertThat(directory.status(name).size()).isEqualTo(value);
      }
    }
    assertThat(directory.list()).hasSize(254).allMatch(entry -> entry.type() == FileType.REGULAR).extracting(
        DirectoryFd.Entry::name).contains(latin1("n\u00e4"), latin1("n\u00ff"), latin1("n\n"), latin1("n\u0001"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a/b", "/", "../a", "a\0b"})
  void refusesNamesThatAreNotOfADirectEntry(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> directory.status(ByteString.utf8(name)));
    assertThatIllegalArgumentException().isThrownBy(() -> directory.unlink(ByteString.utf8(name)));
    assertThatIllegalArgumentException().isThrownBy(() -> directory.createFile(ByteString.utf8(name), 0600));
  }

  @Test
  void listsMoreEntriesThanOneBufferHolds() throws IOException {
    for (int i = 0; i < 3_000; i++) {
      directory.makeSymlink(ByteString.utf8("link" + i), A);
    }
    assertThat(directory.list()).extracting(entry -> entry.name().toString()).containsExactlyInAnyOrderElementsOf(
        IntStream.range(0, 3_000).mapToObj(i -> "link" + i).toList());
    assertThat(directory.list()).as("the second time").hasSize(3_000);
    assertThat(directory.list(10)).hasSize(10);
  }

  @Test
  void tellsWhatAFileIs() throws IOException {
    write(directory, A, new byte[1234]);
    directory.link(directory, A, B);
    directory.chmod(A, 04751);
    directory.setTimes(A, 77);
    FileStatus status = directory.status(B);
    assertThat(status).isEqualTo(directory.status(A));
    assertThat(status.type()).isEqualTo(FileType.REGULAR);
    assertThat(status.permissions()).isEqualTo(04751);
    assertThat(status.size()).isEqualTo(1234);
    assertThat(status.links()).isEqualTo(2);
    assertThat(status.modifiedSeconds()).isEqualTo(77);
    assertThat(status.inode()).isEqualTo(Files.getAttribute(temp.resolve("a"), "unix:ino"));
    assertThat(status.ownerMayExecute()).isTrue();
  }

  @Test
  void seesSocketsAndLinksForWhatTheyAre() throws IOException {
    directory.makeSymlink(A, latin1("../\u00ff\n"));
    try (var socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.bind(UnixDomainSocketAddress.of(temp.resolve("b")));
      assertThat(directory.list()).containsExactlyInAnyOrder(new DirectoryFd.Entry(A, FileType.SYMLINK),
          new DirectoryFd.Entry(B, FileType.SOCKET));
    }
    assertThat(directory.readLink(A)).isEqualTo(latin1("../\u00ff\n"));
    directory.setTimes(A, 1);
    assertThat(directory.status(A).modifiedSeconds()).isEqualTo(1);
  }

  @Test
  void neverFollowsALink() throws IOException {
    Path outside = Files.createDirectory(temp.resolve("outside"));
    Files.writeString(outside.resolve("secret"), "secret");
    directory.makeSymlink(A, ByteString.utf8("outside"));
    directory.makeSymlink(B, ByteString.utf8("outside/secret"));
    assertThatExceptionOfType(PosixException.class).isThrownBy(() -> directory.openDirectory(A)).matches(e -> e.is(
        Errno.ENOTDIR) || e.is(Errno.ELOOP));
    assertThatExceptionOfType(PosixException.class).isThrownBy(() -> directory.openFile(B)).matches(e -> e.is(
        Errno.ELOOP));
    assertThatExceptionOfType(PosixException.class).isThrownBy(() -> directory.createFile(B, 0600)).matches(e -> e.is(
        Errno.EEXIST));
    assertThatExceptionOfType(PosixException.class).isThrownBy(() -> directory.chmod(B, 0777));
    assertThat(Files.readString(outside.resolve("secret"))).isEqualTo("secret");
  }

  @Test
  void readsAndWritesThroughBuffersOfEitherKind() throws IOException {
    byte[] content = new byte[200_000];
    for (int i = 0; i < content.length; i++) {
      content[i] = (byte) (i * 31 >> 3);
    }
    write(directory, A, content);
    try (FileFd file = directory.createFile(B, 0600)) {
      file.write(ByteBuffer.allocateDirect(content.length).put(content).flip());
      file.sync();
      file.syncFileSystem();
    }
    for (ByteString name : new ByteString[]{A, B}) {
      try (FileFd file = directory.openFile(name)) {
        ByteBuffer middle = ByteBuffer.allocate(100);
        assertThat(file.read(middle, 1000)).isEqualTo(100);
        assertThat(middle.flip()).isEqualTo(ByteBuffer.wrap(content, 1000, 100));
        assertThat(file.inputStream().readAllBytes()).isEqualTo(content);
        assertThat(file.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      }
    }
  }

  @Test
  void movesAndRemoves() throws IOException {
    directory.makeDirectory(A, 0755);
    try (DirectoryFd child = directory.openDirectory(A)) {
      write(child, A, new byte[0]);
      child.rename(A, directory, B);
      assertThat(child.list()).isEmpty();
    }
    directory.removeDirectory(A);
    directory.unlink(B);
    assertThat(directory.list()).isEmpty();
  }

  @Test
  void saysWhichCallFailedOnWhatAndWhy() {
    assertThatExceptionOfType(PosixException.class).isThrownBy(() -> directory.openFile(latin1("x\u00ff"))).withMessage(
        "openat 'x\ufffd': no such file or directory (ENOENT)").matches(e -> e.is(Errno.ENOENT));
  }

  @Test
  void isNotUsableOnceClosed() throws IOException {
    DirectoryFd other = directory.reopen();
    other.close();
    other.close();
    assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(other::list);
    assertThat(directory.list()).as("closing twice closes no other descriptor").isEmpty();
  }
}
