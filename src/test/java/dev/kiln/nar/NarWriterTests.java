package dev.kiln.nar;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.kiln.castore.Castore;
import dev.kiln.castore.Directory;
import dev.kiln.castore.InMemoryDirectories;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.MissingDirectoryException;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.fs.FsBlobs;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class NarWriterTests {

  private static final Blake3Digest ABSENT = Blake3.of("absent".getBytes(UTF_8));

  @TempDir
  private Path dir;

  private final InMemoryDirectories directories = new InMemoryDirectories();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private FsBlobs blobs;
  private Castore castore;
  private NarWriter writer;

  @BeforeEach
  void create() throws IOException {
    blobs = new FsBlobs(dir);
    castore = new Castore(blobs, directories);
    writer = new NarWriter(castore);
  }

  @Test
  void leavesAPrefixWhenABlobIsAbsent() {
    assertThatThrownBy(() -> writer.write(new FileNode(ABSENT, 6, false), out))
        .isInstanceOfSatisfying(MissingBlobException.class, e -> assertThat(e.digest()).isEqualTo(ABSENT));
  }

  @Test
  void saysWhichDirectoryIsAbsent() {
    DirectoryNode absent = new DirectoryNode(ABSENT, 0);
    assertThatThrownBy(() -> writer.write(absent, out)).isInstanceOf(MissingDirectoryException.class);
    assertThatThrownBy(() -> writer.size(absent)).isInstanceOf(MissingDirectoryException.class);
  }

  @Test
  void doesNotCompleteANarOverADamagedBlob() throws IOException {
    byte[] nar = NarBytes.nar().words("( type regular contents hello )").bytes();
    FileNode root;
    try (Ingest ingest = castore.ingest()) {
      new NarReader().read(new ByteArrayInputStream(nar), ingest);
      root = (FileNode) ingest.sync();
    }
    Files.delete(blobs.path(root.digest()));
    Files.writeString(blobs.path(root.digest()), "hell");
    assertThatThrownBy(() -> writer.write(root, out)).isInstanceOf(IOException.class)
        .hasMessageContaining("4 bytes, not 5");
    assertThat(out.size()).isLessThan(nar.length);
  }

  @Test
  void refusesSizesThatOverflow() {
    Directory directory = Directory.builder().add(PathComponent.utf8("a"), new FileNode(ABSENT, Long.MAX_VALUE, false))
        .build();
    assertThatThrownBy(() -> writer.size(new FileNode(ABSENT, Long.MAX_VALUE, true)))
        .isInstanceOf(InvalidCastore.class);
    directories.putAll(List.of(directory));
    assertThatThrownBy(() -> writer.size(directory.node())).isInstanceOf(InvalidCastore.class)
        .hasMessageContaining("2^63");
  }

  @Test
  void knowsTheSizeWithoutTheContent() throws IOException {
    byte[] nar = NarBytes.nar().words("( type regular executable \"\" contents").string("absent").words(")").bytes();
    assertThat(writer.size(new FileNode(ABSENT, 6, true))).isEqualTo(nar.length);
  }
}
