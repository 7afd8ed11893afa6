package dev.kiln.compression;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class CompressorsTests {

  private static final Decompressors DECOMPRESSORS = new Decompressors(64 << 10, Duration.ofSeconds(10));

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "COMPRESS")
  void writeWhatIsReadBackAlsoIfItIsFlushedOnTheWay(Compression compression) throws IOException {
    for (int size : new int[]{0, 1, 247, 248, 1_000, 65_536, 65_537, 300_000}) {
      byte[] content = new byte[size];
      new Random(size).nextBytes(content);
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      try (OutputStream out = Compressors.open(compression, file)) {
        out.write(content, 0, size / 2);
        out.flush();
        out.write(content, size / 2, size - size / 2);
        out.flush();
      }
      try (InputStream in = DECOMPRESSORS.open(compression, new ByteArrayInputStream(file.toByteArray()))) {
        assertThat(in.readAllBytes()).isEqualTo(content);
      }
    }
  }

  /** What the programs of these names read is of the format, also where our own readers are too kind. */
  @ParameterizedTest
  @CsvSource({"LZIP, xz --format=lzip", "XZ, xz", "ZSTD, zstd", "GZIP, gzip",
      "LZMA, xz --format=lzma"})
  void writeWhatTheProgramsOfTheFormatRead(Compression compression, String program) throws IOException {
    for (int size : new int[]{0, 1, 247, 248, 249, 496, 300_000}) {
      byte[] content = new byte[size];
      new Random(size).nextBytes(content);
      Path file = Files.createTempFile("compressed", "");
      try {
        try (OutputStream out = Compressors.open(compression, Files.newOutputStream(file))) {
          out.write(content);
        }
        Process reader = new ProcessBuilder((program + " -dc").split(" "))
            .redirectInput(file.toFile()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        assertThat(reader.getInputStream().readAllBytes()).isEqualTo(content);
        assertThat(reader.waitFor()).isZero();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      } finally {
        Files.delete(file);
      }
    }
  }

  @Test
  void refuseWhatTheyCannotWrite() {
    assertThat(Compressors.canWrite(Compression.COMPRESS)).isFalse();
    assertThatThrownBy(() -> Compressors.open(Compression.COMPRESS, new ByteArrayOutputStream()))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("compress");
  }
}
