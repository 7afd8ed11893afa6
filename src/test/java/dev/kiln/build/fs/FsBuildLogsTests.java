package dev.kiln.build.fs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;

import com.github.luben.zstd.ZstdInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.build.BuildLogs.Phase;
import dev.kiln.build.StoredLog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class FsBuildLogsTests {

  private static final UUID BUILD = UUID.fromString("0123abcd-0000-4000-8000-000000000000");
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.006Z");

  @TempDir
  private Path dir;
  private FsBuildLogs logs;

  @BeforeEach
  void open() {
    logs = new FsBuildLogs(dir, Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private void write(byte[] content) throws IOException {
    try (OutputStream out = logs.create(BUILD)) {
      out.write(content);
    }
  }

  private byte[] readAll() throws IOException {
    try (StoredLog log = logs.open(BUILD).orElseThrow()) {
      return log.stream(0, log.size()).readAllBytes();
    }
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.walk(dir)) {
      return all.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** Random words, that can be compressed, but not to nothing. */
  private static byte[] content(int size) {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    for (int i = 0; i < size; i++) {
      content[i] = (byte) (content[i] & 0x1f);
    }
    return content;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4095, 4096, 65_535, 65_536, 65_537, 131_072, 1_000_000})
  void keepWhatWasWrittenByteForByte(int size) throws IOException {
    write(content(size));
    assertThat(readAll()).isEqualTo(content(size));
    assertThat(logs.size(BUILD)).isEqualTo(size);
    assertThat(files()).containsExactly(size < 4096 ? "1.log" : "1.log.zst");
  }

  @ParameterizedTest
  @ValueSource(ints = {5000, 300_000})
  void areReadFromAnyPosition(int size) throws IOException {
    byte[] content = content(size);
    write(content);
    Random random = new Random(3);
    try (StoredLog log = logs.open(BUILD).orElseThrow()) {
      for (int i = 0; i < 300; i++) {
        int from = random.nextInt(size);
        int length = random.nextInt(size - from + 1);
        assertThat(log.stream(from, length).readAllBytes()).isEqualTo(Arrays.copyOfRange(content, from, from + length));
      }
      assertThat(log.read(ByteBuffer.allocate(1), size)).isEqualTo(-1);
    }
  }

  @Test
  void areOneZstdStreamWhenTheyAreComplete() throws IOException {
    byte[] content = content(200_000);
    write(content);
    try (StoredLog log = logs.open(BUILD).orElseThrow();
        InputStream decoded = new ZstdInputStream(Channels.newInputStream(log.compressed().orElseThrow()))) {
      assertThat(log.compressed().orElseThrow().size()).isLessThan(150_000);
      assertThat(decoded.readAllBytes()).isEqualTo(content);
    }
  }

  @Test
  void areReadWhileTheyGrowAndStayReadableWhenTheyAreCompressedMeanwhile() throws IOException {
    OutputStream out = logs.create(BUILD);
    out.write(content(10_000));
    try (StoredLog log = logs.open(BUILD).orElseThrow()) {
      assertThat(log.size()).isEqualTo(10_000);
      assertThat(log.compressed()).isEmpty();
      out.write(7);
      out.close();
      assertThat(files()).containsExactly("1.log.zst");
      assertThat(log.size()).isEqualTo(10_001);
      assertThat(log.stream(9_999, 2).readAllBytes()[1]).isEqualTo((byte) 7);
    }
  }

  @Test
  void ofAnAttemptThatWasGivenUpDoNotTouchThoseOfTheNext() throws IOException {
    OutputStream slow = logs.create(BUILD);
    slow.write(content(5_000));
    OutputStream next = logs.create(BUILD);
    next.write('n');
    slow.write(1);
    slow.close();
    next.write('\n');
    next.close();
    assertThat(readAll()).isEqualTo("n\n".getBytes(StandardCharsets.UTF_8));
    assertThat(logs.lastAttempt(BUILD)).isEqualTo(2);
    assertThat(files()).containsExactly("1.log.zst", "2.log");
  }

  @Test
  void ofAnEarlierKilnAreRead() throws IOException {
    Files.createDirectories(dir.resolve("01"));
    Files.writeString(dir.resolve("01").resolve(BUILD + ".log"), "old\n");
    assertThat(readAll()).isEqualTo("old\n".getBytes(StandardCharsets.UTF_8));
    assertThat(logs.tail(BUILD, 10)).containsExactly("old");
    assertThat(logs.phases(BUILD)).isEmpty();
  }

  @Test
  void whichAreMissingAreEmpty() throws IOException {
    assertThat(logs.open(BUILD)).isEmpty();
    assertThat(logs.size(BUILD)).isZero();
    assertThat(logs.tail(BUILD, 3)).isEmpty();
    assertThat(logs.phases(BUILD)).isEmpty();
    assertThat(logs.lastAttempt(BUILD)).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 12, 100})
  void whichAreDamagedAreNotTakenForWhole(int cut) throws IOException {
    write(content(200_000));
    Path file = dir.resolve("01").resolve(BUILD.toString()).resolve("1.log.zst");
    byte[] whole = Files.readAllBytes(file);
    if (cut == 0) {
      whole[100] ^= 1;
      Files.write(file, whole);
    } else {
      Files.write(file, Arrays.copyOf(whole, whole.length - cut));
    }
    assertThatThrownBy(this::readAll).isInstanceOf(IOException.class);
  }

  @Test
  void tellTheirLastLinesAlsoWhenTheyAreCompressed() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 30_000; i++) {
      text.append("line ").append(i).append('\n');
    }
    write(text.toString().getBytes(StandardCharsets.UTF_8));
    assertThat(logs.tail(BUILD, 2)).containsExactly("line 29998", "line 29999");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 7, 1000})
  void notePhasesHoweverTheyAreWritten(int step) throws IOException {
    byte[] text = ("hello\n@nix {\"action\":\"setPhase\",\"phase\":\"unpackPhase\"}\r\n@nixx {\"action\":\"setPhase\",\"phase\":\"no\"}\n"
        + " @nix {\"action\":\"setPhase\",\"phase\":\"no\"}\n@nix {broken\n@nix {\"action\":\"setPhase\",\"phase\":\"a\\nb ü\"}\nend")
        .getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = logs.create(BUILD)) {
      for (int i = 0; i < text.length; i += step) {
        out.write(text, i, Math.min(step, text.length - i));
      }
      assertThat(logs.phases(BUILD)).containsExactly(new Phase("unpackPhase", 6, NOW),
          new Phase("a\uFFFDb ü",
              new String(text, StandardCharsets.UTF_8).indexOf("@nix {\"action\":\"setPhase\",\"phase\":\"a"), NOW));
    }
    assertThat(readAll()).isEqualTo(text);
  }

  @Test
  void keepTheirCountOfPhasesWhateverABuilderWrites() throws IOException {
    byte[] line = ("@nix {\"action\":\"setPhase\",\"phase\":\"" + "p".repeat(1_000) + "\"}\n")
        .getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = logs.create(BUILD)) {
      for (int i = 0; i < 20_000; i++) {
        out.write(line);
      }
      for (int i = 0; i < 200; i++) {
        out.write(("@nix " + "[".repeat(20_000)).getBytes(StandardCharsets.UTF_8));
      }
    }
    assertThat(logs.phases(BUILD)).hasSize(1_000).allSatisfy(phase -> assertThat(phase.name()).hasSize(200));
  }
}
