package dev.kiln.castore.fs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.castore.Blobs;
import dev.kiln.castore.BlobsContract;
import dev.kiln.castore.BrokenStream;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class FsBlobsTests extends BlobsContract {

  @TempDir
  private Path dir;

  @Override
  protected Blobs create() throws IOException {
    return new FsBlobs(dir);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 100_000})
  void aBlobIsAReadOnlyFileNamedByItsDigestThatTreesMayLink(int size) throws IOException {
    Blake3Digest digest = put(size);
    Path file = dir.resolve("blobs").resolve(digest.hex().substring(0, 2)).resolve(digest.hex().substring(2));
    assertThat(file).isEqualTo(new FsBlobs(dir).path(digest)).hasBinaryContent(content(size));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("r--r--r--");
    assertThat(Files.getLastModifiedTime(file).toMillis()).isEqualTo(1000);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 100_000})
  void aDamagedFileOfAnotherSizeIsReplaced(int size) throws IOException {
    Path file = new FsBlobs(dir).path(put(size));
    Files.delete(file);
    Files.write(file, content(size - 1));
    put(size);
    assertThat(file).hasBinaryContent(content(size));
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 100_000})
  void aBlobThatIsThereIsNotWrittenAgain(int size) throws IOException {
    Path file = new FsBlobs(dir).path(put(size));
    Object before = Files.getAttribute(file, "unix:ino");
    put(size);
    assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(before);
  }

  @Test
  void nothingWaitsInTmpWhenBatchesAreClosed() throws IOException {
    put(10);
    try (Blobs.Batch batch = blobs.begin()) {
      batch.put(new ByteArrayInputStream(content(100)));
      assertThatThrownBy(() -> batch.put(new BrokenStream(new byte[0]))).isInstanceOf(IOException.class);
      try (Stream<Path> waiting = Files.walk(dir.resolve("tmp")).filter(Files::isRegularFile)) {
        assertThat(waiting).hasSize(1);
      }
    }
    assertThat(dir.resolve("tmp")).isEmptyDirectory();
  }

  @Test
  void whatAWriterLeftThatIsNoMoreIsDeletedAtTheNextStart() throws IOException {
    Blake3Digest kept = put(10);
    blobs.begin().put(new ByteArrayInputStream(content(100)));
    Files.createDirectory(dir.resolve("tmp/batch-of-an-earlier-kiln"));
    Files.createFile(dir.resolve("tmp/batch-of-an-earlier-kiln/incoming"));
    Files.createFile(dir.resolve("tmp/0123456789abcdef.pack-1"));
    Files.createFile(dir.resolve("writers/0123456789abcdef"));
    ((FsBlobs) blobs).close();
    FsBlobs next = new FsBlobs(dir);
    assertThat(dir.resolve("tmp")).isEmptyDirectory();
    assertThat(dir.resolve("writers/0123456789abcdef")).doesNotExist();
    assertThat(next.contains(kept)).isTrue();
    assertThat(next.contains(Blake3.of(content(100)))).isFalse();
  }

  @Test
  void whatAnotherHasOnItsWayIsLeftAlone() throws IOException {
    try (Blobs.Batch first = blobs.begin(); FsBlobs other = new FsBlobs(dir); Blobs.Batch second = other.begin()) {
      for (Blobs.Batch batch : List.of(first, second)) {
        batch.put(new ByteArrayInputStream(content(100)));
        batch.put(new ByteArrayInputStream(content(100_000)));
      }
      new FsBlobs(dir).close();
      first.sync();
      assertThat(other.contains(Blake3.of(content(100_000)))).isTrue();
      second.sync();
    }
    assertThat(dir.resolve("tmp")).isEmptyDirectory();
  }

  @Test
  void aBatchIsOfNoUseAfterItIsClosed() throws IOException {
    Blobs.Batch batch = blobs.begin();
    batch.close();
    batch.close();
    assertThatThrownBy(() -> batch.put(new ByteArrayInputStream(content(1)))).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(batch::sync).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aBatchWhoseFilesVanishFailsInsteadOfPromising() throws IOException {
    try (Blobs.Batch batch = blobs.begin()) {
      for (int size : List.of(1, 2, 3)) {
        batch.put(new ByteArrayInputStream(content(size)));
      }
      Files.delete(dir.resolve("blobs").resolve(Blake3.of(content(2)).hex().substring(0, 2)));
      assertThatThrownBy(batch::sync).isInstanceOf(IOException.class);
    }
  }

  private Blake3Digest put(int size) throws IOException {
    try (Blobs.Batch batch = blobs.begin()) {
      Blake3Digest digest = batch.put(new ByteArrayInputStream(content(size))).digest();
      batch.sync();
      return digest;
    }
  }
}
