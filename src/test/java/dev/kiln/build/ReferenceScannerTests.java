package dev.kiln.build;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.hash.NixBase32;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

import static org.assertj.core.api.Assertions.assertThat;

class ReferenceScannerTests {

  private static final StorePath HELLO = StorePath.parseBaseName("fb0magjvpcrc85d3wsxwbj14gy9vbg6r-trivial");
  private static final String DIGITS = HELLO.hash().toString();

  @ParameterizedTest
  @ValueSource(strings = {"fb0magjvpcrc85d3wsxwbj14gy9vbg6r", "/nix/store/fb0magjvpcrc85d3wsxwbj14gy9vbg6r-trivial/x",
      "afb0magjvpcrc85d3wsxwbj14gy9vbg6r", "fb0magjvpcrc85d3wsxwbj14gy9vbg6ra",
      "eeefb0magjvpcrc85d3wsxwbj14gy9vbg6reee", "fb0magjvpcrc85d3wsxwbj14gy9vbg6fb0magjvpcrc85d3wsxwbj14gy9vbg6r"})
  void findsTheDigitsWhereverTheyStand(String text) {
    assertThat(scan(text.getBytes(StandardCharsets.UTF_8), text.length())).containsExactly(HELLO);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "fb0magjvpcrc85d3wsxwbj14gy9vbg6", "fb0magjvpcrc85d3wsxw\nbj14gy9vbg6r",
      "FB0MAGJVPCRC85D3WSXWBJ14GY9VBG6R", "r6gbv9yg41jbwxsw3d58crcpvjgam0bf"})
  void findsNoDigitsThatAreSplitReversedOrInUpperCase(String text) {
    assertThat(scan(text.getBytes(StandardCharsets.UTF_8), Math.max(1, text.length()))).isEmpty();
  }

  @Test
  void findsTheDigitsAcrossEveryBorderOfWrites() {
    byte[] text = ("...." + DIGITS + "....").getBytes(StandardCharsets.UTF_8);
    for (int size = 1; size <= text.length; size++) {
      assertThat(scan(text, size)).as("in writes of %d bytes", size).containsExactly(HELLO);
    }
    for (int border = 0; border <= text.length; border++) {
      ReferenceScanner scanner = new ReferenceScanner(List.of(HELLO));
      scanner.write(text, 0, border);
      scanner.write(text, border, text.length - border);
      assertThat(scanner.found()).as("border at %d", border).containsExactly(HELLO);
    }
  }

  @Test
  void findsNothingWithoutCandidates() {
    ReferenceScanner scanner = new ReferenceScanner(List.of());
    scanner.write(DIGITS.getBytes(StandardCharsets.UTF_8), 0, DIGITS.length());
    assertThat(scanner.found()).isEmpty();
  }

  /** What a search that skips by the last digits could skip over. */
  @ParameterizedTest
  @ValueSource(strings = {"0000000000000000000000000000000%s", "%s0000000000000000000000000000000",
      "010101010101010101010101010101%s0", "0123456789abcdfg%s0123456789abcdf", "0%s0000000000000000000000000000%s0"})
  void findsCandidatesThatRepeatThemselvesAndOneAnother(String pattern) {
    List<StorePath> candidates = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    for (char digit : "0189az".toCharArray()) {
      String digits = pattern.replace("%s", String.valueOf(digit));
      candidates.add(StorePath.parseBaseName(digits.substring(0, 32) + "-" + digit));
      // Overlapping by all digits but one, and following one another
      text.append(digits).append(digits, 1, digits.length()).append("00");
    }
    byte[] stream = text.toString().getBytes(StandardCharsets.UTF_8);
    for (int size : new int[]{1, 2, 31, 32, 33, stream.length}) {
      ReferenceScanner scanner = new ReferenceScanner(candidates);
      for (int at = 0; at < stream.length; at += size) {
        scanner.write(stream, at, Math.min(size, stream.length - at));
      }
      assertThat(scanner.found()).isEqualTo(plainSearch(stream, candidates)).hasSize(candidates.size());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 50, 300, 5000})
  void agreesWithAPlainSearchOnRandomStreams(int count) {
    Random random = new Random(7);
    List<StorePath> candidates = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] hash = new byte[StorePathHash.LENGTH];
      random.nextBytes(hash);
      candidates.add(new StorePath(StorePathHash.of(hash), new StorePathName("n" + i)));
    }
    for (int round = 0; round < 20_000 / (count + 50); round++) {
      byte[] stream = stream(random, candidates);
      NavigableSet<StorePath> expected = plainSearch(stream, candidates);
      ReferenceScanner scanner = new ReferenceScanner(candidates);
      int longest = 1 << random.nextInt(1, 11);
      for (int at = 0; at < stream.length;) {
        int length = Math.min(stream.length - at, random.nextInt(1, longest + 1));
        scanner.write(stream, at, length);
        at += length;
      }
      assertThat(scanner.found()).as("round %d", round).isEqualTo(expected);
    }
  }

  private static NavigableSet<StorePath> plainSearch(byte[] stream, List<StorePath> candidates) {
    String text = new String(stream, StandardCharsets.ISO_8859_1);
    NavigableSet<StorePath> found = new TreeSet<>();
    for (StorePath path : candidates) {
      if (text.contains(path.hash().toString())) {
        found.add(path);
      }
    }
    return found;
  }

  /** Digits, pieces of candidates, candidates with a wrong digit and other bytes, so that runs of digits of every length come about. */
  private static byte[] stream(Random random, List<StorePath> candidates) {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (int piece = 0; piece < 30; piece++) {
      String digits = candidates.get(random.nextInt(candidates.size())).hash().toString();
      switch (random.nextInt(5)) {
        case 0 -> stream.writeBytes(digits.getBytes(StandardCharsets.US_ASCII));
        case 1 -> stream.writeBytes(
            digits.substring(random.nextInt(32)).getBytes(StandardCharsets.US_ASCII));
        case 2 -> {
          int wrong = random.nextInt(32);
          stream.writeBytes((digits.substring(0, wrong) + "z" + digits.substring(wrong + 1))
              .getBytes(StandardCharsets.US_ASCII));
        }
        case 3 -> stream.write(NixBase32.DIGITS.charAt(random.nextInt(32)));
        default -> stream.write(random.nextInt(256));
      }
    }
    return stream.toByteArray();
  }

  private static SortedSet<StorePath> scan(byte[] text, int size) {
    ReferenceScanner scanner = new ReferenceScanner(List.of(HELLO));
    for (int at = 0; at < text.length; at += size) {
      scanner.write(text, at, Math.min(size, text.length - at));
    }
    return scanner.found();
  }
}
