package dev.kiln.castore;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.fs.FsBlobs;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class IngestTests {

  @TempDir
  private Path dir;

  private final InMemoryDirectories directories = new InMemoryDirectories();
  private FsBlobs blobs;
  private Ingest ingest;

  @BeforeEach
  void begin() throws IOException {
    blobs = new FsBlobs(dir);
    ingest = new Castore(blobs, directories).ingest();
  }

  @Test
  void takesASingleFile() throws IOException {
    file(null, "hello");
    assertThat(ingest.sync()).isEqualTo(new FileNode(Blake3.of("hello".getBytes(UTF_8)), 5, false));
    assertThat(blobs.contains(Blake3.of("hello".getBytes(UTF_8)))).isTrue();
  }

  @Test
  void takesASingleLink() throws IOException {
    ingest.symlink(null, ByteString.utf8("target"));
    assertThat(ingest.sync()).isEqualTo(new SymlinkNode(ByteString.utf8("target")));
  }

  @Test
  void buildsDirectoriesBottomUp() throws IOException {
    ingest.enterDirectory(null);
    ingest.enterDirectory(PathComponent.utf8("bin"));
    ingest.file(PathComponent.utf8("sh"), true, 2, new ByteArrayInputStream("#!".getBytes(UTF_8)));
    ingest.leaveDirectory();
    ingest.enterDirectory(PathComponent.utf8("empty"));
    ingest.leaveDirectory();
    ingest.symlink(PathComponent.utf8("link"), ByteString.utf8("bin/sh"));
    ingest.leaveDirectory();

    Directory bin = Directory.builder()
        .add(PathComponent.utf8("sh"), new FileNode(Blake3.of("#!".getBytes(UTF_8)), 2, true)).build();
    Directory root = Directory.builder().add(PathComponent.utf8("bin"), bin.node())
        .add(PathComponent.utf8("empty"), Directory.EMPTY.node())
        .add(PathComponent.utf8("link"), new SymlinkNode(ByteString.utf8("bin/sh"))).build();
    assertThat(ingest.sync()).isEqualTo(new DirectoryNode(root.digest(), 4));
    for (Directory directory : List.of(bin, root, Directory.EMPTY)) {
      assertThat(directories.find(directory.digest())).contains(directory);
    }
  }

  @Test
  void takesATreeThatIsTenThousandDirectoriesDeep() throws IOException {
    ingest.enterDirectory(null);
    for (int i = 1; i < 10_000; i++) {
      ingest.enterDirectory(PathComponent.utf8("d"));
    }
    file("f", "deep");
    for (int i = 0; i < 10_000; i++) {
      ingest.leaveDirectory();
    }
    assertThat(ingest.sync()).isInstanceOfSatisfying(DirectoryNode.class,
        root -> assertThat(root.size()).isEqualTo(10_000));
  }

  @Test
  void takesADirectoryOfFiftyThousandEntries() throws IOException {
    ingest.enterDirectory(null);
    for (int i = 0; i < 50_000; i++) {
      file("file-%05d".formatted(i), "same");
    }
    ingest.leaveDirectory();
    assertThat(ingest.sync()).isInstanceOfSatisfying(DirectoryNode.class,
        root -> assertThat(root.size()).isEqualTo(50_000));
  }

  @Test
  void leavesNoTraceWhenItIsClosedBeforeItsEnd() throws IOException {
    ingest.enterDirectory(null);
    file("a", "given up");
    ingest.leaveDirectory();
    ingest.close();
    assertThat(blobs.contains(Blake3.of("given up".getBytes(UTF_8)))).isFalse();
    assertThat(directories.count()).isZero();
    assertThat(dir.resolve("tmp")).isEmptyDirectory();
  }

  @Test
  void keepsDirectoriesOnlyAfterTheBlobsThatTheyName() throws IOException {
    Directories checking = new Directories() {
      @Override
      public Optional<Directory> find(Blake3Digest digest) {
        return directories.find(digest);
      }

      @Override
      public void putAll(Collection<Directory> some) {
        for (Directory directory : some) {
          for (Directory.Entry entry : directory.entries()) {
            assertThat(blobs.contains(((FileNode) entry.node()).digest())).isTrue();
          }
        }
        directories.putAll(some);
      }
    };
    ingest = new Castore(blobs, checking).ingest();
    ingest.enterDirectory(null);
    file("a", "first");
    file("b", "second");
    ingest.leaveDirectory();
    ingest.sync();
    assertThat(directories.count()).isEqualTo(1);
  }

  @Test
  void refusesNamesOutOfOrder() throws IOException {
    ingest.enterDirectory(null);
    file("b", "");
    assertThatThrownBy(() -> file("a", "")).isInstanceOf(InvalidCastore.class)
        .hasMessageContaining("'a' comes after 'b'");
    assertThatThrownBy(() -> ingest.enterDirectory(PathComponent.utf8("B"))).isInstanceOf(InvalidCastore.class)
        .hasMessageContaining("'B' comes after 'b'");
  }

  @Test
  void refusesANameThatIsThereTwice() throws IOException {
    ingest.enterDirectory(null);
    ingest.enterDirectory(PathComponent.utf8("a"));
    ingest.leaveDirectory();
    assertThatThrownBy(() -> ingest.symlink(PathComponent.utf8("a"), ByteString.utf8("x")))
        .isInstanceOf(InvalidCastore.class).hasMessageContaining("'a' is there twice");
  }

  @Test
  void refusesASecondRoot() throws IOException {
    file(null, "one");
    assertThatThrownBy(() -> file(null, "two")).isInstanceOf(InvalidCastore.class).hasMessageContaining("second root");
    assertThatThrownBy(() -> ingest.enterDirectory(null)).isInstanceOf(InvalidCastore.class);
  }

  @Test
  void refusesARootWithANameAndAnEntryWithout() throws IOException {
    assertThatThrownBy(() -> file("name", "")).isInstanceOf(InvalidCastore.class).hasMessageContaining("'name'");
    ingest.enterDirectory(null);
    assertThatThrownBy(() -> file(null, "")).isInstanceOf(InvalidCastore.class).hasMessageContaining("no name");
  }

  @Test
  void refusesToLeaveWhatWasNotEntered() {
    assertThatThrownBy(() -> ingest.leaveDirectory()).isInstanceOf(InvalidCastore.class)
        .hasMessageContaining("not entered");
  }

  @Test
  void doesNotPromiseATreeThatIsNotComplete() throws IOException {
    assertThatThrownBy(() -> ingest.sync()).isInstanceOf(IllegalStateException.class);
    ingest.enterDirectory(null);
    assertThatThrownBy(() -> ingest.sync()).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("1 directories are open");
  }

  @Test
  void refusesAFileThatHasNotTheSizeItWasSaidToHave() {
    assertThatThrownBy(() -> ingest.file(null, false, 6, new ByteArrayInputStream("short".getBytes(UTF_8))))
        .isInstanceOf(IOException.class).hasMessageContaining("5 bytes, not 6");
  }

  private void file(@Nullable String name, String content) throws IOException {
    byte[] bytes = content.getBytes(UTF_8);
    ingest.file(name == null ? null : PathComponent.utf8(name), false, bytes.length, new ByteArrayInputStream(bytes));
  }
}
