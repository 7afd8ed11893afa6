package dev.kiln.nar;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import dev.kiln.castore.BrokenStream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class NarReaderTests {

  private static final String LONG_NAME = "n".repeat(255);
  private static final String LONG_TARGET = "t".repeat(4095);

  @Test
  void acceptsEveryFormThatNixWrites() throws IOException {
    byte[] nar = all();
    ByteArrayOutputStream again = new ByteArrayOutputStream();
    assertThat(new NarReader().read(new ByteArrayInputStream(nar), new NarSink(again))).isEqualTo(nar.length);
    assertThat(again.toByteArray()).isEqualTo(nar);
  }

  @Test
  void doesNotCareHowTheStreamIsCutIntoPieces() throws IOException {
    byte[] nar = all();
    ByteArrayOutputStream again = new ByteArrayOutputStream();
    InputStream oneByOne = new ByteArrayInputStream(nar) {
      @Override
      public synchronized int read(byte[] target, int offset, int length) {
        return super.read(target, offset, Math.min(length, 1));
      }
    };
    new NarReader().read(oneByOne, new NarSink(again));
    assertThat(again.toByteArray()).isEqualTo(nar);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void refuses(String what, NarBytes nar, String offence) {
    assertThatThrownBy(() -> read(nar.bytes())).isInstanceOf(InvalidNar.class).hasMessageContaining(offence)
        .hasMessageStartingWith("NAR, byte ");
  }

  static Stream<Arguments> refuses() {
    return Stream.of(arguments("no magic", new NarBytes().words("nix-archive-2 ("), "expected 'nix-archive-1'"),
        arguments("something else", new NarBytes().raw("PK\3\4 is a zip".getBytes(US_ASCII)), "a word of"),
        arguments("unsorted names", directory().file("b", "").file("a", "").words(")"), "'a' comes after 'b'"),
        arguments("names sorted as signed bytes", directory().file("\u00ff", "").file("a", "").words(")"),
            "comes after"),
        arguments("a name twice", directory().file("a", "1").file("a", "2").words(")"), "'a' is there twice"),
        arguments("a name with a slash", directory().file("a/b", "").words(")"), "'a/b' has a '/'"),
        arguments("a name with NUL", directory().file("a\0b", "").words(")"), "NUL"),
        arguments("dot", directory().file(".", "").words(")"), "'.' is not"),
        arguments("dot-dot", directory().file("..", "").words(")"), "'..' is not"),
        arguments("an empty name", directory().file("", "").words(")"), "empty"),
        arguments("a name of 256 bytes", directory().file("n".repeat(256), "").words(")"), "256 bytes, more than 255"),
        arguments("a link to nothing", NarBytes.nar().words("( type symlink target \"\" )"), "is empty"),
        arguments("a link with NUL", NarBytes.nar().words("( type symlink target").string("a\0").words(")"), "NUL"),
        arguments("a link of 4096 bytes", NarBytes.nar().words("( type symlink target").string("t".repeat(4096)),
            "4096 bytes, more than 4095"),
        arguments("an unknown type", NarBytes.nar().words("( type fifo )"), "found 'fifo'"),
        arguments("no type", NarBytes.nar().words("( contents x )"), "expected 'type'"),
        arguments("a file without contents", NarBytes.nar().words("( type regular )"),
            "expected 'executable' or 'contents'"),
        arguments("contents twice", NarBytes.nar().words("( type regular contents a contents b )"), "expected ')'"),
        arguments("executable after contents", NarBytes.nar().words("( type regular contents a executable \"\" )"),
            "expected ')'"),
        arguments("executable with a value", NarBytes.nar().words("( type regular executable yes contents a )"),
            "expected '', found 'yes'"),
        arguments("executable twice",
            NarBytes.nar().words("( type regular executable \"\" executable \"\" contents a )"), "expected 'contents'"),
        arguments("a directory with contents", directory().words("contents a )"), "expected 'entry' or ')'"),
        arguments("an entry without a node", directory().words("entry ( name a ) )"), "expected 'node'"),
        arguments("an entry without a name", directory().words("entry ( node ( type directory ) ) )"),
            "expected 'name'"),
        arguments("padding that is not zero after a word", new NarBytes().string("nix-archive-1", 1), "padding is 1"),
        arguments("padding that is not zero after a name", directory().words("entry ( name").string("a", 7),
            "padding is 7"),
        arguments("padding that is not zero after contents",
            NarBytes.nar().words("( type regular contents").string("abc", 9).words(")"), "padding is 9"),
        arguments("padding that is not zero after a target",
            NarBytes.nar().words("( type symlink target").string("abc", 9).words(")"), "padding is 9"),
        arguments("a byte after the end", file().raw((byte) 0), "more after the end"),
        arguments("another NAR after the end", file().words("nix-archive-1 ( type directory )"), "more after the end"),
        arguments("a name of 2^63 bytes", directory().words("entry ( name").number(Long.MIN_VALUE),
            "9223372036854775808 bytes"),
        arguments("a word of 2^40 bytes", NarBytes.nar().number(1L << 40), "1099511627776 bytes"),
        arguments("a target of 2^32 + 1 bytes", NarBytes.nar().words("( type symlink target").number((1L << 32) + 1),
            "4294967297 bytes"),
        arguments("contents of 2^64 - 1 bytes", NarBytes.nar().words("( type regular contents").number(-1),
            "18446744073709551615 bytes"),
        arguments("contents of 2^62 bytes that are not there",
            NarBytes.nar().words("( type regular contents").number(1L << 62), "ends here"),
        arguments("nothing", new NarBytes(), "ends here"));
  }

  @Test
  void refusesANarThatEndsAnywhereBeforeItsEnd() {
    byte[] nar = directory().file("a", "content").words("entry ( name b node ( type symlink target a ) )")
        .words("entry ( name c node ( type directory").file("d", "").words(") ) )").bytes();
    for (int length = 0; length < nar.length; length++) {
      byte[] part = Arrays.copyOf(nar, length);
      assertThatThrownBy(() -> read(part)).as("%s bytes", length).isInstanceOfSatisfying(InvalidNar.class,
          e -> assertThat(e.offset()).isEqualTo(part.length));
    }
  }

  @Test
  void acceptsNoBytesButThoseThatItsWriterGives() throws IOException {
    Random random = new Random(4);
    byte[] nar = directory().file("a", "content").file("b", "x").words(")").bytes();
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] changed = nar.clone();
      changed[random.nextInt(nar.length)] ^= (byte) (1 << random.nextInt(8));
      try {
        ByteArrayOutputStream again = new ByteArrayOutputStream();
        new NarReader().read(new ByteArrayInputStream(changed), new NarSink(again));
        assertThat(again.toByteArray()).isEqualTo(changed);
      } catch (InvalidNar _) {
        refused++;
      }
    }
    assertThat(refused).isBetween(10_000, 19_999);
  }

  @Test
  void readsTenThousandDirectoriesInEachOtherAndWritesThemAgain() throws IOException {
    byte[] nar = nested(10_000);
    ByteArrayOutputStream again = new ByteArrayOutputStream();
    new NarReader(10_000).read(new ByteArrayInputStream(nar), new NarSink(again));
    assertThat(again.toByteArray()).isEqualTo(nar);
  }

  @Test
  void refusesDirectoriesDeeperThanItsBound() {
    assertThatThrownBy(() -> new NarReader(10_000).read(new ByteArrayInputStream(nested(10_001)), discarding()))
        .isInstanceOf(InvalidNar.class).hasMessageContaining("more than 10000 directories");
    assertThatThrownBy(() -> read(nested(NarReader.DEFAULT_MAX_DEPTH + 1))).isInstanceOf(InvalidNar.class);
  }

  @Test
  void aConnectionThatBreaksIsNotAnInvalidNar() {
    byte[] start = Arrays.copyOf(file().bytes(), 100);
    assertThatThrownBy(() -> new NarReader().read(new BrokenStream(start), discarding()))
        .isInstanceOf(IOException.class).isNotInstanceOf(InvalidNar.class).hasMessage("connection reset");
  }

  @Test
  void streamsAFileThatIsLargerThanItsMemory() throws IOException {
    long size = 256L << 20;
    byte[] start = NarBytes.nar().words("( type regular contents").number(size).bytes();
    byte[] end = new NarBytes().words(")").bytes();
    InputStream nar = new SequenceInputStream(
        new SequenceInputStream(new ByteArrayInputStream(start), new Zeros(size)),
        new ByteArrayInputStream(end));
    assertThat(new NarReader().read(nar, discarding())).isEqualTo(start.length + size + end.length);
  }

  private static void read(byte[] nar) throws IOException {
    new NarReader().read(new ByteArrayInputStream(nar), discarding());
  }

  private static NarSink discarding() {
    return new NarSink(OutputStream.nullOutputStream());
  }

  private static NarBytes directory() {
    return NarBytes.nar().words("( type directory");
  }

  private static NarBytes file() {
    return NarBytes.nar().words("( type regular contents hello )");
  }

  private static byte[] all() {
    return directory().file("A", "").file("\u0080\u00fe", "x".repeat(200_000))
        .words("entry ( name").string("\u0081").words("node ( type regular executable \"\" contents")
        .string("#!").words(") )").words("entry ( name").string("\u0082").words("node ( type symlink target")
        .string(LONG_TARGET).words(") )").words("entry ( name").string("\u0083")
        .words("node ( type directory ) )").file("\u0084".repeat(8), "12345678")
        .file("\u0085" + LONG_NAME.substring(1), "a")
        .words(")").bytes();
  }

  private static byte[] nested(int depth) {
    NarBytes nar = directory();
    for (int i = 1; i < depth; i++) {
      nar.words("entry ( name d node ( type directory");
    }
    for (int i = 1; i < depth; i++) {
      nar.words(") )");
    }
    return nar.words(")").bytes();
  }
}
