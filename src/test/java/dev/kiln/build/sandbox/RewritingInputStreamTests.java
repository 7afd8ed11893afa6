package dev.kiln.build.sandbox;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.bytes.ByteString;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RewritingInputStreamTests {

  private static final int WINDOW = 1 << 16;

  /** Gives as many bytes at a time as it likes. */
  private static final class Chunks extends InputStream {

    private final InputStream in;
    private final Random random;
    private final int most;

    Chunks(ByteString content, int most, long seed) {
      this.in = new ByteArrayInputStream(content.toByteArray());
      this.random = new Random(seed);
      this.most = most;
    }

    @Override
    public int read() throws IOException {
      return in.read();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return in.read(bytes, offset, Math.min(length, 1 + random.nextInt(most)));
    }
  }

  private static ByteString rewritten(InputStream in, String from, String to) throws IOException {
    try (InputStream out = new RewritingInputStream(in, ByteString.utf8(from), ByteString.utf8(to))) {
      return ByteString.owning(out.readAllBytes());
    }
  }

  @ParameterizedTest
  @CsvSource({"'',''", "ab,XY", "abab,XYXY", "aab,aXY", "aba,XYa", "a,a", "b,b", "abcab,XYcXY"})
  void replacesFromTheLeft(String text, String expected) throws IOException {
    assertThat(rewritten(new Chunks(ByteString.utf8(text), 1, 1), "ab", "XY")).hasToString(expected);
    assertThat(ByteString.utf8(text).replace(ByteString.utf8("ab"), ByteString.utf8("XY"))).hasToString(expected);
  }

  @Test
  void doesNotLookAgainAtWhatItPut() throws IOException {
    assertThat(rewritten(new Chunks(ByteString.utf8("aaaa"), 1, 1), "aa", "ba")).hasToString("baba");
    assertThat(rewritten(new Chunks(ByteString.utf8("xaa"), 1, 1), "xa", "ax")).hasToString("axa");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 31, 4096, WINDOW, 3 * WINDOW})
  void findsEveryMatchWhateverTheChunks(int most) throws IOException {
    Random random = new Random(most);
    StringBuilder text = new StringBuilder();
    while (text.length() < 3 * WINDOW) {
      text.append(random.nextInt(4) == 0 ? "0123456789abcdf" : "0123456789abcd").append("x".repeat(random.nextInt(40)));
    }
    ByteString content = ByteString.utf8(text.toString());
    ByteString expected = ByteString.utf8(text.toString().replace("0123456789abcdf", "fdcba9876543210"));
    assertThat(rewritten(new Chunks(content, most, most), "0123456789abcdf", "fdcba9876543210")).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {-16, -8, -1, 0, 1, 8})
  void findsAMatchOnTheBorderOfItsWindow(int offset) throws IOException {
    String text = "-".repeat(WINDOW + offset) + "0123456789abcdf" + "-".repeat(100);
    assertThat(rewritten(new Chunks(ByteString.utf8(text), 2 * WINDOW, 1), "0123456789abcdf", "fdcba9876543210"))
        .hasToString(text.replace("0123456789abcdf", "fdcba9876543210"));
  }

  @Test
  void refusesAReplacementOfAnotherLength() {
    assertThatThrownBy(() -> rewritten(InputStream.nullInputStream(), "ab", "abc"))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("'abc' is not as long as 'ab'");
  }
}
