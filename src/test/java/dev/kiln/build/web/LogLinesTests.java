package dev.kiln.build.web;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.kiln.build.StoredLog;
import dev.kiln.build.web.LogLines.Piece;

import static org.assertj.core.api.Assertions.assertThat;

class LogLinesTests {

  /** A log in memory, of which a part is there. */
  private static final class Growing implements StoredLog {
    private final byte[] bytes;
    private int size;

    Growing(byte[] bytes, int size) {
      this.bytes = bytes;
      this.size = size;
    }

    static Growing whole(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return new Growing(bytes, bytes.length);
    }

    @Override
    public int attempt() {
      return 1;
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public int read(ByteBuffer target, long position) {
      int count = (int) Math.min(target.remaining(), size - position);
      if (count <= 0) {
        return -1;
      }
      target.put(bytes, (int) position, count);
      return count;
    }

    @Override
    public void close() {}
  }

  private static List<Piece> cut(StoredLog log, long from) throws IOException {
    LogLines lines = new LogLines(log, from);
    List<Piece> pieces = new ArrayList<>();
    for (Piece piece = lines.next(log, true); piece != null; piece = lines.next(log, true)) {
      pieces.add(piece);
    }
    return pieces;
  }

  @ParameterizedTest
  @CsvSource({
      "'a\nb\n', 'a@2 b@4'", "'a\r\nb\r\n', 'a@3 b@6'", "'a\rb\rc\n', 'a@2 b@4 c@6'", "'\n\n', '@1 @2'",
      "'\r\r\n\n', '@1 @3 @4'", "'a\nb', 'a@2 b@3…'", "'', ''", "'a\n\rb', 'a@2 @3 b@4…'"})
  void endAtLineFeedsAndCarriageReturns(String text, String expected) throws IOException {
    List<String> pieces = cut(Growing.whole(text), 0).stream()
        .map(piece -> piece.bytes() + "@" + piece.end() + (piece.ends() ? "" : "…")).toList();
    assertThat(String.join(" ", pieces)).isEqualTo(expected);
  }

  @Test
  void goOnAtAnyPositionAsIfNothingHadHappened() throws IOException {
    Growing log = Growing.whole("one\r\ntwo\rthree\n\nfour\r\n\r\nü€𝄞\nfive");
    List<Piece> all = cut(log, 0);
    for (int i = 0; i < all.size(); i++) {
      assertThat(cut(log, all.get(i).end())).isEqualTo(all.subList(i + 1, all.size()));
    }
    // the CR has ended the line, and its LF was not there yet
    assertThat(cut(log, 4)).isEqualTo(all.subList(1, all.size()));
    assertThat(cut(log, 6).getFirst().begins()).isFalse();
  }

  @Test
  void areTheSameHoweverTheLogGrows() throws IOException {
    Random random = new Random(8);
    for (int round = 0; round < 300; round++) {
      byte[] bytes = new byte[random.nextInt(40_000)];
      String alphabet = round % 3 == 0 ? "\n\r" : round % 3 == 1 ? "ab\n\r" : "abcdefghijklmnopqrstuvwxyz\r";
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
      }
      if (round % 5 == 0) {
        Arrays.fill(bytes, (byte) 'x');
      }
      Growing log = new Growing(bytes, 0);
      LogLines lines = new LogLines(log, 0);
      StringBuilder grown = new StringBuilder();
      while (true) {
        for (Piece piece = lines.next(log, false); piece != null; piece = lines.next(log, false)) {
          append(grown, piece);
        }
        if (log.size == bytes.length) {
          break;
        }
        log.size = Math.min(bytes.length, log.size + random.nextInt(9_000));
      }
      for (Piece piece = lines.next(log, true); piece != null; piece = lines.next(log, true)) {
        append(grown, piece);
      }
      StringBuilder whole = new StringBuilder();
      cut(new Growing(bytes, bytes.length), 0).forEach(piece -> append(whole, piece));
      assertThat(grown.toString()).isEqualTo(whole.toString());
      assertThat(lines.position()).isEqualTo(bytes.length);
    }
  }

  private static void append(StringBuilder text, Piece piece) {
    text.append(piece.bytes()).append(piece.ends() ? "\n" : "");
  }

  @Test
  void areCutWhereTheyAreLongButNotWithinACharacter() throws IOException {
    String text = "a" + "€".repeat(20_000) + "\nend\n";
    List<Piece> pieces = cut(Growing.whole(text), 0);
    assertThat(pieces).allSatisfy(piece -> {
      assertThat(piece.bytes().length()).isLessThanOrEqualTo(LogLines.MAX);
      assertThat(piece.bytes().asUtf8()).isPresent();
    });
    StringBuilder joined = new StringBuilder();
    pieces.forEach(piece -> append(joined, piece));
    assertThat(joined.toString()).isEqualTo(text);
    assertThat(pieces.getFirst().begins()).isTrue();
    assertThat(pieces.get(1).begins()).isFalse();
    assertThat(pieces.getLast().begins()).isTrue();
  }

  @Test
  void ofBytesThatAreNoTextAreCutSomewhere() throws IOException {
    byte[] bytes = new byte[100_000];
    Arrays.fill(bytes, (byte) 0x80);
    assertThat(cut(new Growing(bytes, bytes.length), 0).stream().mapToInt(piece -> piece.bytes().length()).sum())
        .isEqualTo(bytes.length);
    Arrays.fill(bytes, (byte) 0xf0);
    assertThat(cut(new Growing(bytes, bytes.length), 0).getLast().end()).isEqualTo(bytes.length);
  }

  @Test
  void areNotToldBeforeTheyEndUnlessThatIsWanted() throws IOException {
    Growing log = Growing.whole("checking... ");
    LogLines lines = new LogLines(log, 0);
    assertThat(lines.next(log, false)).isNull();
    assertThat(lines.next(log, true)).extracting(piece -> piece == null ? "" : piece.bytes().toString())
        .isEqualTo("checking... ");
    assertThat(lines.next(log, true)).isNull();
  }
}
