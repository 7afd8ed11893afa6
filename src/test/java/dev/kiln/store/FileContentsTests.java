package dev.kiln.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

import dev.kiln.castore.Blobs.Batch;
import dev.kiln.castore.Blobs.Blob;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.fs.FsBlobs;
import dev.kiln.hash.Blake3;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class FileContentsTests {

  private static final DataSize MEMORY = DataSize.ofMegabytes(2);
  private static final DataSize MAPPED = DataSize.ofMegabytes(8);

  @TempDir
  Path dir;

  private FsBlobs blobs;
  private FileContents contents;

  @BeforeEach
  void open() throws IOException {
    blobs = new FsBlobs(dir);
    contents = new FileContents(blobs, new ReadMemoryProperties(MEMORY, MEMORY, MAPPED, Duration.ofSeconds(5)));
  }

  @AfterEach
  void close() throws IOException {
    blobs.close();
  }

  private FileNode file(int size, int seed) throws IOException {
    byte[] content = new byte[size];
    new Random(seed).nextBytes(content);
    try (Batch batch = blobs.begin()) {
      Blob blob = batch.put(new ByteArrayInputStream(content));
      batch.sync();
      return new FileNode(blob.digest(), blob.size(), false);
    }
  }

  private List<FileNode> files(int count, int size) throws IOException {
    List<FileNode> files = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      files.add(file(size, size + i));
    }
    return files;
  }

  private static void assertContent(FileNode file, FileContent content) {
    ByteBuffer bytes = content.bytes();
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    assertThat(Blake3.of(copy)).isEqualTo(file.digest());
  }

  private long mappings() throws IOException {
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.filter(line -> line.contains(dir.toString())).count();
    }
  }

  @Test
  void keepsNoMoreInTheHeapThanItIsGiven() throws IOException {
    List<FileNode> files = files(100, 60_000);
    for (FileNode file : files) {
      FileContent content = requireNonNull(contents.hold(file));
      assertContent(file, content);
      content.release();
    }
    assertThat(files.stream().filter(file -> contents.held(file) != null).count()).isBetween(1L,
        MEMORY.toBytes() / 60_000);
  }

  @Test
  void mapsNoMoreThanItIsGivenAndUnmapsWhatNobodySends() throws IOException {
    List<FileNode> files = files(40, 1 << 20);
    FileContent first = requireNonNull(contents.hold(files.getFirst()));
    for (FileNode file : files) {
      FileContent content = requireNonNull(contents.hold(file));
      assertContent(file, content);
      content.release();
    }
    // the one that is still being sent counts for nobody
    assertThat(mappings()).isBetween(2L, MAPPED.toMegabytes() + 1);
    assertContent(files.getFirst(), first);
    first.release();
    assertThat(mappings()).isBetween(1L, MAPPED.toMegabytes());
  }

  @Test
  void doesNotHoldWhatIsLostDamagedOrLarge() throws IOException {
    FileNode lost = file(100_000, 1);
    requireNonNull(contents.hold(lost)).release();
    Files.delete(blobs.path(lost.digest()));
    assertThatThrownBy(() -> contents.hold(lost)).isInstanceOf(MissingBlobException.class);
    assertThat(contents.held(lost)).isNull();

    FileNode damaged = file(1_000, 2);
    Files.delete(blobs.path(damaged.digest()));
    Files.write(blobs.path(damaged.digest()), new byte[999]);
    assertThatThrownBy(() -> contents.hold(damaged)).hasMessageContaining("has 999 bytes, not 1000");

    assertThat(contents.hold(file(FileContents.LARGEST + 1, 3))).isNull();
    assertThat(requireNonNull(contents.hold(file(0, 4))).bytes().remaining()).isZero();
  }

  @Test
  void passesOnEveryPartOfALargeFile() throws IOException {
    byte[] content = new byte[9_000_001];
    new Random(5).nextBytes(content);
    FileNode file = file(content.length, 5);
    for (long[] part : new long[][]{{0, content.length}, {1, 2}, {4 << 20, 8 << 20}, {4_000_000, 9_000_001}}) {
      ByteBuffer read = ByteBuffer.allocate((int) (part[1] - part[0]));
      contents.write(file, part[0], part[1], read::put);
      assertThat(read.flip()).isEqualTo(ByteBuffer.wrap(content, (int) part[0], read.capacity()));
    }
  }
}
