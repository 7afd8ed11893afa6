package dev.kiln.compression;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import java.util.zip.CRC32;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAOutputStream;
import org.tukaani.xz.XZOutputStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The files hello.* are a NAR as Nix 2.8 compressed it. */
@Timeout(60)
class DecompressorsTests {

  private final Decompressors decompressors = new Decompressors(70_000, Duration.ofMillis(50));

  @ParameterizedTest
  @EnumSource
  void undoWhatNixDid(Compression compression) throws IOException {
    assertThat(decode(compression, hello(compression))).isEqualTo(hello(Compression.NONE));
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "GZIP", "LZMA", "COMPRESS"})
  void tellCompressionsWithoutSuffixApart(Compression compression) throws IOException {
    try (BufferedInputStream file = new BufferedInputStream(new ByteArrayInputStream(hello(compression)))) {
      assertThat(Compression.sniff(file)).contains(compression);
      assertThat(file.readAllBytes()).isEqualTo(hello(compression));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\u001f", "\r\0\0\0\0\0\0\0nix-archive-2\0\0\0", "PK\u0003\u0004", "{}"})
  void takeNothingElseForAFileWithoutSuffix(String beginning) throws IOException {
    byte[] bytes = beginning.getBytes(StandardCharsets.ISO_8859_1);
    assertThat(Compression.sniff(new ByteArrayInputStream(bytes))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = {"NONE", "COMPRESS"})
  void refuseFilesThatEndEarly(Compression compression) throws IOException {
    byte[] whole = hello(compression);
    // an empty file of zstd is a file without frames: it is no NAR, but it does not end early
    for (int length = 1; length < whole.length; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> decode(compression, part)).as("%s bytes", length)
          .isInstanceOf(InvalidCompression.class);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = {"NONE", "COMPRESS"})
  void refuseBytesAfterTheEnd(Compression compression) throws IOException {
    byte[] file = Arrays.copyOf(hello(compression), hello(compression).length + 100);
    Arrays.fill(file, file.length - 100, file.length, (byte) 'x');
    assertThatThrownBy(() -> decode(compression, file)).isInstanceOf(InvalidCompression.class);
  }

  /** Whatever a decoder makes of damaged bytes: no other error than the one that says so, and no endless loop. */
  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void surviveDamage(Compression compression) throws IOException {
    Random random = new Random(7);
    for (int round = 0; round < 2_000; round++) {
      byte[] file = hello(compression);
      for (int flips = random.nextInt(1, 4); flips > 0; flips--) {
        file[random.nextInt(file.length)] = (byte) random.nextInt();
      }
      try (InputStream decoded = decompressors.open(compression, new ByteArrayInputStream(file))) {
        decoded.readNBytes(1 << 20);
      } catch (InvalidCompression e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"XZ", "ZSTD", "BZIP2", "GZIP", "LZ4", "LZIP"})
  void readFilesOfSeveralStreamsAsOne(Compression compression) throws IOException {
    byte[] one = hello(compression);
    ByteArrayOutputStream two = new ByteArrayOutputStream();
    two.write(one);
    two.write(one);
    byte[] nar = hello(Compression.NONE);
    ByteArrayOutputStream twice = new ByteArrayOutputStream();
    twice.write(nar);
    twice.write(nar);
    assertThat(decode(compression, two.toByteArray())).isEqualTo(twice.toByteArray());
  }

  @ParameterizedTest
  @EnumSource(names = {"XZ", "ZSTD", "BZIP2", "GZIP", "LZ4", "LZMA"})
  void undoWhatIsLargerThanAnyBuffer(Compression compression) throws IOException {
    byte[] content = new byte[5_000_000];
    new Random(3).nextBytes(content);
    Arrays.fill(content, 1_000_000, 4_000_000, (byte) 7);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (OutputStream out = encoder(compression, file)) {
      out.write(content);
    }
    assertThat(Arrays.mismatch(decode(compression, file.toByteArray()), content)).isEqualTo(-1);
  }

  @Test
  void refuseADictionaryThatIsLargerThanTheMemory() throws IOException {
    byte[] file = xzWithDictionary(1 << 20);
    // the property byte of the dictionary's size: 512 MiB; then the head's check sum
    file[12 + 4] = 36;
    fixCrc(file);
    assertThatThrownBy(() -> decode(Compression.XZ, file)).isInstanceOf(InvalidCompression.class)
        .hasMessageContaining("KiB");
    byte[] lzma = hello(Compression.LZMA);
    Arrays.fill(lzma, 1, 5, (byte) 0x7f);
    assertThatThrownBy(() -> decode(Compression.LZMA, lzma)).isInstanceOf(InvalidCompression.class);
    byte[] lzip = hello(Compression.LZIP);
    lzip[5] = 29;
    assertThatThrownBy(() -> decode(Compression.LZIP, lzip)).isInstanceOf(InvalidCompression.class)
        .hasMessageContaining("KiB");
  }

  @Test
  void giveMemoryBackAndMakeOthersWaitForIt() throws IOException {
    byte[] file = xzWithDictionary(40 << 20);
    try (InputStream first = decompressors.open(Compression.XZ, new ByteArrayInputStream(file))) {
      assertThat(first.read()).isEqualTo(1);
      assertThatThrownBy(() -> decode(Compression.XZ, file)).isInstanceOf(InvalidCompression.class)
          .hasMessageContaining("others");
      assertThat(decode(Compression.ZSTD, hello(Compression.ZSTD))).isNotEmpty();
    }
    for (int round = 0; round < 5; round++) {
      assertThat(decode(Compression.XZ, file)).containsExactly(1);
      assertThatThrownBy(() -> decode(Compression.XZ, Arrays.copyOf(file, 40)))
          .isInstanceOf(InvalidCompression.class);
    }
  }

  @Test
  void refuseALargeWindowOfZstd() {
    // a frame whose head asks for a window of 2^31 bytes
    byte[] file = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, (byte) (21 << 3), 1, 0, 0};
    assertThatThrownBy(() -> decode(Compression.ZSTD, file)).isInstanceOf(InvalidCompression.class);
  }

  private byte[] decode(Compression compression, byte[] file) throws IOException {
    try (InputStream decoded = decompressors.open(compression, new ByteArrayInputStream(file))) {
      return decoded.readNBytes(1 << 24);
    }
  }

  private static byte[] xzWithDictionary(int size) throws IOException {
    LZMA2Options options = new LZMA2Options(0);
    options.setDictSize(size);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (OutputStream out = new XZOutputStream(file, options)) {
      out.write(1);
    }
    return file.toByteArray();
  }

  private static void fixCrc(byte[] xz) {
    int head = ((xz[12] & 0xff) + 1) * 4;
    CRC32 crc = new CRC32();
    crc.update(xz, 12, head - 4);
    ByteBuffer.wrap(xz).order(ByteOrder.LITTLE_ENDIAN).putInt(12 + head - 4, (int) crc.getValue());
  }

  private static OutputStream encoder(Compression compression, OutputStream out) throws IOException {
    return switch (compression) {
      case XZ -> new XZOutputStream(out, new LZMA2Options(1));
      case ZSTD -> new ZstdOutputStreamNoFinalizer(out);
      case BZIP2 -> new BZip2CompressorOutputStream(out, 1);
      case GZIP -> new GzipCompressorOutputStream(out);
      case LZ4 -> new FramedLZ4CompressorOutputStream(out);
      case LZMA -> new LZMAOutputStream(out, new LZMA2Options(1), -1);
      case NONE, BROTLI, LZIP, COMPRESS -> throw new IllegalArgumentException(compression.nixName());
    };
  }

  private static byte[] hello(Compression compression) throws IOException {
    try (InputStream file = Objects
        .requireNonNull(DecompressorsTests.class.getResourceAsStream("hello." + compression.nixName()))) {
      return file.readAllBytes();
    }
  }
}
