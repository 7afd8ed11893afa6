package dev.kiln.binarycache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.compression.Compression;
import dev.kiln.harness.NixClient;
import dev.kiln.harness.TemporaryDirectories;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.NarBytes;

import static dev.kiln.nar.NarBytes.nar;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** Bodies of PUT /nar/… that are not what their name says, or no NAR: each is refused with the offence, and leaves nothing. */
class HostileNarIT extends HostilePushes {

  private static final int LEVELS = 100_000;

  /** As Nix's own client compresses them, by compression. */
  private static final Map<Compression, byte[]> FILES = new TreeMap<>();
  /** Each expands to 8 MiB of zeros. */
  private static final Map<Compression, byte[]> BOMBS = new TreeMap<>();

  @BeforeAll
  static void compress() throws IOException {
    NixClient nix = new NixClient();
    Path directory = TemporaryDirectories.create("kiln-hostile-");
    byte[] random = new byte[50_000];
    ThreadLocalRandom.current().nextBytes(random);
    String file = add(nix, Files.write(directory.resolve("random"), random));
    String bomb = add(nix, Files.write(directory.resolve("zeros"), new byte[8 << 20]));
    for (Compression compression : Compression.values()) {
      Path cache = directory.resolve(compression.nixName());
      nix.run("nix", "copy", "--to", "file://" + cache + "?compression=" + compression.nixName(), file, bomb).ok();
      FILES.put(compression, narOf(cache, file));
      BOMBS.put(compression, narOf(cache, bomb));
    }
  }

  private static String add(NixClient nix, Path file) throws IOException {
    return nix.run("nix-store", "--add", file.toString()).ok().strip();
  }

  private static byte[] of(Map<Compression, byte[]> files, Compression compression) {
    return Objects.requireNonNull(files.get(compression));
  }

  private static byte[] narOf(Path cache, String path) throws IOException {
    String hash = path.substring("/nix/store/".length()).substring(0, 32);
    NarInfo info = NarInfo.parse(Files.readAllBytes(cache.resolve(hash + ".narinfo")));
    return Files.readAllBytes(cache.resolve(info.file().url()));
  }

  static Stream<Arguments> noNars() {
    NarBytes nested = nar();
    for (int i = 0; i < LEVELS; i++) {
      nested.words("( type directory entry ( name a node");
    }
    return Stream.of(
        arguments("unsorted entries", directory().file("b", "").file("a", "").words(")"), "comes after 'b'"),
        arguments("duplicate names", directory().file("a", "").file("a", "").words(")"), "name 'a' is there twice"),
        arguments("padding that is not zero",
            nar().words("( type regular contents").string("abc", 1).words(")"), "padding is 1"),
        arguments("no padding", nar().words("( type regular contents").number(3).raw((byte) 'a', (byte) 'b', (byte) 'c')
            .words(")"), "padding is 1"),
        arguments("trailing bytes", file().raw((byte) 0), "more after the end"),
        arguments("a second NAR", file().raw(file().bytes()), "more after the end"),
        arguments("name '.'", named("."), "'.'"),
        arguments("name '..'", named(".."), "'..'"),
        arguments("an empty name", named(""), "empty"),
        arguments("a name with '/'", named("a/b"), "'a/b'"),
        arguments("a name with NUL", named("a\0b"), "NUL"),
        arguments("a name too long", named("n".repeat(256)), "256"),
        arguments("a name of a huge length", directory().words("entry ( name").number(1L << 62), "4611686018427387904"),
        arguments("a name of a negative length", directory().words("entry ( name").number(-1), "18446744073709551615"),
        arguments("contents of a huge length", nar().words("( type regular contents").number(1L << 62), "too early"),
        arguments("contents of a negative length", nar().words("( type regular contents").number(-8), "2^63"),
        arguments("a target too long", nar().words("( type symlink target").string("t".repeat(4096)).words(")"),
            "4096"),
        arguments("an empty target", nar().words("( type symlink target \"\" )"), "empty"),
        arguments("a device", nar().words("( type blockdev )"), "'blockdev'"),
        arguments("executable with a value", nar().words("( type regular executable yes contents \"\" )"), "'yes'"),
        arguments("executable after the contents", nar().words("( type regular contents \"\" executable \"\" )"),
            "'executable'"),
        arguments("no end", nar().words("( type regular contents abc"), "too early"),
        arguments("magic alone", nar(), "too early"),
        arguments("too many levels", nested, "directories in each other"));
  }

  private static NarBytes directory() {
    return nar().words("( type directory");
  }

  private static NarBytes file() {
    return nar().words("( type regular contents abc )");
  }

  private static NarBytes named(String name) {
    return directory().file(name, "abc").words(")");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("noNars")
  void whatNixWouldNotWriteIsRefused(String offence, NarBytes nar, String quoted) {
    byte[] bytes = nar.bytes();
    assertProblem(put(Push.narTarget(bytes, ""), bytes), 422, quoted);
    assertNothingLeft();
  }

  @Test
  void aFileWithAnotherHashThanItsNameIsRefused() {
    Push push = Push.fresh();
    Push other = Push.fresh();
    assertProblem(put(other.narTarget(), push.file()), 422, Push.sha256(push.file()).base32(), other.narTarget()
        .substring("/nar/".length()));
    assertProblem(put(Push.narTarget(push.file(), ".xz"), push.file()), 422, "not 'xz'");
    assertNothingLeft();
  }

  @ParameterizedTest
  @EnumSource(value = Compression.class, names = "NONE", mode = Mode.EXCLUDE)
  void aCompressedFileWithAnotherHashThanItsNameIsRefused(Compression compression) {
    byte[] file = of(FILES, compression);
    assertProblem(put("/nar/" + "0".repeat(52) + ".nar" + compression.suffix(), file), 422,
        Push.sha256(file).base32());
    assertNothingLeft();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".xz", ".zst", ".bz2", ".br", ".lz4", ".lzip"})
  void anEmptyBodyIsRefused(String suffix) {
    int status = suffix.isEmpty() ? 415 : 422;
    assertProblem(put(Push.narTarget(new byte[0], suffix), new byte[0]), status, "nar" + suffix);
    assertNothingLeft();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".xz", ".zst", ".bz2", ".br", ".lz4", ".lzip"})
  void garbageIsRefused(String suffix) {
    byte[] garbage = new byte[100_000];
    ThreadLocalRandom.current().nextBytes(garbage);
    garbage[0] = 'x';
    int status = suffix.isEmpty() ? 415 : 422;
    assertProblem(put(Push.narTarget(garbage, suffix), garbage), status, "nar" + suffix);
    assertNothingLeft();
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void aFileThatEndsEarlyIsRefused(Compression compression) {
    byte[] file = of(FILES, compression);
    for (int length : new int[]{file.length / 2, file.length - 16}) {
      byte[] truncated = Arrays.copyOf(file, length);
      assertProblem(put(Push.narTarget(truncated, compression.suffix()), truncated), 422, "nar" + compression.suffix());
    }
    assertNothingLeft();
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void aFileWithMoreAfterItsEndIsRefused(Compression compression) {
    byte[] file = of(FILES, compression);
    for (int more : new int[]{64, 100_000}) {
      byte[] longer = Arrays.copyOf(file, file.length + more);
      Arrays.fill(longer, file.length, longer.length, (byte) 'x');
      assertProblem(put(Push.narTarget(longer, compression.suffix()), longer), 422, "nar" + compression.suffix());
    }
    assertNothingLeft();
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void aFileWhoseMiddleIsDamagedIsRefused(Compression compression) {
    byte[] file = of(FILES, compression).clone();
    NixHash name = Push.sha256(file);
    for (int i = 0; i < 100; i++) {
      file[file.length / 2 + i] ^= 0x55;
    }
    assertThat(put("/nar/" + name.base32() + ".nar" + compression.suffix(), file).statusCode()).isEqualTo(422);
    assertNothingLeft();
  }

  @ParameterizedTest
  @EnumSource(value = Compression.class, names = "NONE", mode = Mode.EXCLUDE)
  void aBombIsRefused(Compression compression) {
    byte[] bomb = of(BOMBS, compression);
    assertProblem(put(Push.narTarget(bomb, compression.suffix()), bomb), 413, "kiln.cache.free-nar-size");
    assertNothingLeft();
  }

  @Test
  void aNarAboveTheLimitIsRefusedHoweverItComes() throws IOException {
    Path directory = TemporaryDirectories.create("kiln-hostile-");
    byte[] random = new byte[25 << 20];
    ThreadLocalRandom.current().nextBytes(random);
    NixClient nix = new NixClient();
    String path = add(nix, Files.write(directory.resolve("random"), random));
    for (Compression compression : new Compression[]{Compression.NONE, Compression.ZSTD}) {
      Path cache = directory.resolve(compression.nixName());
      nix.run("nix", "copy", "--to", "file://" + cache + "?compression=" + compression.nixName(), path).ok();
      byte[] file = narOf(cache, path);
      String target = Push.narTarget(file, compression.suffix());
      assertProblem(put(target, file), 413, "larger");
      assertProblem(client.sendChunked("PUT", target, file), 413, "kiln.cache.max-nar-size");
    }
    assertNothingLeft();
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "x.nar", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%2fx.nar", "%FF%FE.nar", "%C3%28.nar.xz",
      "0000000000000000000000000000000000000000000000000000.nar.exe",
      "0000000000000000000000000000000000000000000000000000.nar.%2e%2e",
      "000000000000000000000000000000000000000000000000000e.nar",
      "z000000000000000000000000000000000000000000000000000.nar",
      "0000000000000000000000000000000000000000000000000000.NAR",
      "0000000000000000000000000000000000000000000000000000.nar.xz.xz",
      "0000000000000000000000000000000000000000000000000000.nar;a=b", "%20.nar", "a%0Ab.nar", "%25.nar"})
  void aNameThatNoClientGivesIsRefused(String name) {
    int status = put("/nar/" + name, Push.fresh().file()).statusCode();
    assertThat(status).isIn(400, 404, 405, 415, 422);
    assertNothingLeft();
  }
}
