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
  void agreesWithAPlainSearchOnRandomStreams() {
    Random random = new Random(7);
    List<StorePath> candidates = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      byte[] hash = new byte[StorePathHash.LENGTH];
      random.nextBytes(hash);
      candidates.add(new StorePath(StorePathHash.of(hash), new StorePathName("n" + i)));
    }
    for (int round = 0; round < 400; round++) {
      byte[] stream = stream(random, candidates);
      String text = new String(stream, StandardCharsets.ISO_8859_1);
      NavigableSet<StorePath> expected = new TreeSet<>();
      for (StorePath path : candidates) {
        if (text.contains(path.hash().toString())) {
          expected.add(path);
        }
      }
      ReferenceScanner scanner = new ReferenceScanner(candidates);
      for (int at = 0; at < stream.length;) {
        int length = Math.min(stream.length - at, random.nextInt(1, 80));
        scanner.write(stream, at, length);
        at += length;
      }
      assertThat(scanner.found()).as("round %d", round).isEqualTo(expected);
    }
  }

  /** Digits, pieces of candidates and other bytes, so that runs of digits of every length come about. */
  private static byte[] stream(Random random, List<StorePath> candidates) {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (int piece = 0; piece < 30; piece++) {
      String digits = candidates.get(random.nextInt(candidates.size())).hash().toString();
      switch (random.nextInt(4)) {
        case 0 -> stream.writeBytes(digits.getBytes(StandardCharsets.US_ASCII));
        case 1 -> stream.writeBytes(
            digits.substring(random.nextInt(32)).getBytes(StandardCharsets.US_ASCII));
        case 2 -> stream.write(NixBase32.DIGITS.charAt(random.nextInt(32)));
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
