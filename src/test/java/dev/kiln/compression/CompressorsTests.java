package dev.kiln.compression;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class CompressorsTests {

  private static final Decompressors DECOMPRESSORS = new Decompressors(64 << 10, Duration.ofSeconds(10));

  static Stream<Compression> written() {
    return Arrays.stream(Compression.values()).filter(Compressors::canWrite);
  }

  @ParameterizedTest
  @MethodSource("written")
  void writeWhatIsReadBackAlsoIfItIsFlushedOnTheWay(Compression compression) throws IOException {
    for (int size : new int[]{0, 1, 1_000, 300_000}) {
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

  @ParameterizedTest
  @EnumSource(names = {"BROTLI", "LZIP", "COMPRESS"})
  void refuseWhatTheyCannotWrite(Compression compression) {
    assertThat(Compressors.canWrite(compression)).isFalse();
    assertThatThrownBy(() -> Compressors.open(compression, new ByteArrayOutputStream()))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(compression.nixName());
  }

  @Test
  void writeTheOthers() {
    assertThat(written()).containsExactly(Compression.NONE, Compression.XZ, Compression.ZSTD, Compression.BZIP2,
        Compression.LZ4, Compression.GZIP, Compression.LZMA);
  }
}
