package dev.kiln.castore.fs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;

import dev.kiln.castore.Blobs.Batch;
import dev.kiln.castore.PackIndex;
import dev.kiln.harness.ScratchKilnTest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** On a file system of 8 MiB. Needs root, to mount it. */
@ScratchKilnTest
class FullDiskIT {

  @TempDir
  private Path dir;
  @Autowired
  PackIndex index;

  @BeforeEach
  void mount() throws Exception {
    run("mount", "-t", "tmpfs", "-o", "size=8m", "kiln-test", dir.toString());
  }

  @AfterEach
  void unmount() throws Exception {
    run("umount", dir.toString());
  }

  @Test
  void aBlobTooLargeForTheDiskLeavesNothing() throws IOException {
    try (PackedBlobs blobs = new PackedBlobs(dir, new FsBlobs(dir), index); Batch batch = blobs.begin()) {
      assertThatThrownBy(() -> batch.put(new ByteArrayInputStream(content(16 << 20)))).isInstanceOf(IOException.class)
          .hasMessageContaining("No space left");
      assertThat(files()).isEmpty();
      batch.put(new ByteArrayInputStream(content(1 << 20)));
      batch.sync();
    }
    assertThat(files()).hasSize(1);
  }

  @Test
  void manySmallBlobsThatFillTheDiskLeaveNothingWhenGivenUp() throws IOException {
    try (PackedBlobs blobs = new PackedBlobs(dir, new FsBlobs(dir), index); Batch batch = blobs.begin()) {
      assertThatThrownBy(() -> {
        for (int size = 20_000; size < 40_000; size++) {
          batch.put(new ByteArrayInputStream(content(size)));
        }
      }).isInstanceOf(IOException.class).hasMessageContaining("No space left");
    }
    assertThat(files()).isEmpty();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(dir)) {
      return all.filter(Files::isRegularFile).filter(file -> !file.startsWith(dir.resolve("writers"))).toList();
    }
  }

  private static byte[] content(int size) {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    return content;
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }
}
