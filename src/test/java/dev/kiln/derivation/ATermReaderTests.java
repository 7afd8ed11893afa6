package dev.kiln.derivation;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.DerivationOutput.Deferred;
import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.derivation.DerivationOutput.Floating;
import dev.kiln.derivation.DerivationOutput.InputAddressed;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ATermReaderTests {

  private static final String A = "/nix/store/00000000000000000000000000000000-a";
  private static final String B = "/nix/store/00000000000000000000000000000000-b";
  private static final String MD5 = "d41d8cd98f00b204e9800998ecf8427e";

  @Test
  void readsEveryField() {
    Derivation read = read("Derive([(\"dev\",\"" + A + "\",\"\",\"\"),(\"out\",\"" + B + "\",\"\",\"\")],[(\"" + A
        + ".drv\",[\"dev\",\"out\"]),(\"" + B + ".drv\",[])],[\"" + A
        + "\"],\"x86_64-linux\",\"/bin/sh\",[\"-c\",\"\"],[(\"\",\"\\\"\\\\\\n\\r\\t\"),(\"z\",\"ü\")])");
    assertThat(read.outputs()).isEqualTo(
        Map.of("dev", new InputAddressed(StorePath.parse(A)), "out", new InputAddressed(StorePath.parse(B))));
    assertThat(read.inputDerivations()).hasToString("{" + A + ".drv=[dev, out], " + B + ".drv=[]}");
    assertThat(read.inputSources()).containsExactly(StorePath.parse(A));
    assertThat(read.system()).isEqualTo(ByteString.utf8("x86_64-linux"));
    assertThat(read.builder()).isEqualTo(ByteString.utf8("/bin/sh"));
    assertThat(read.args()).isEqualTo(List.of(ByteString.utf8("-c"), ByteString.EMPTY));
    assertThat(read.env()).isEqualTo(new TreeMap<>(Map.of(ByteString.EMPTY, ByteString.utf8("\"\\\n\r\t"),
        ByteString.utf8("z"), ByteString.utf8("ü"))));
    assertThat(read.references()).extracting(StorePath::toString).containsExactly(A, A + ".drv", B + ".drv");
  }

  @Test
  void readsEveryKindOfOutput() {
    NixHash hash = NixHash.parse(MD5, HashAlgorithm.MD5);
    assertThat(output(A, "", "")).isEqualTo(new InputAddressed(StorePath.parse(A)));
    assertThat(output("", "", "")).isEqualTo(new Deferred());
    assertThat(output("", "r:sha256", "")).isEqualTo(new Floating(IngestionMethod.RECURSIVE, HashAlgorithm.SHA256));
    assertThat(output(A, "md5", MD5)).isEqualTo(new Fixed(StorePath.parse(A), IngestionMethod.FLAT, hash));
    assertThat(output(A, "r:md5", MD5)).isEqualTo(new Fixed(StorePath.parse(A), IngestionMethod.RECURSIVE, hash));
  }

  @ParameterizedTest
  @CsvSource(quoteCharacter = '`', delimiter = '|', textBlock = """
      /tmp/a | `` | `` | is not a store path
      /nix/store/00000000000000000000000000000000-a/b | `` | `` | is not a store path
      /nix/store/00000000000000000000000000000000-a\\\\b | `` | `` | has an escape where Nix writes none
      `` | `` | 00 | is a hash without an algorithm
      /nix/store/00000000000000000000000000000000-a | sha3 | 00 | is no hash algorithm
      /nix/store/00000000000000000000000000000000-a | r: | 00 | is no hash algorithm
      /nix/store/00000000000000000000000000000000-a | text:sha256 | 00 | is no hash algorithm
      /nix/store/00000000000000000000000000000000-a | sha256 | `` | is the path of a floating output
      /nix/store/00000000000000000000000000000000-a | md5 | 00 | is not a md5 in base16
      /nix/store/00000000000000000000000000000000-a | md5 | D41D8CD98F00B204E9800998ECF8427E | of lower case
      /nix/store/00000000000000000000000000000000-a | md5 | 3y8bwfr609h3lh9ch0izcqq7fl | is not a md5 in base16
      `` | md5 | d41d8cd98f00b204e9800998ecf8427e | is not a store path
      `` | sha256 | impure | impure derivation, which is not supported
      """)
  void refusesOutputsThatNixDoesNotWrite(String path, String method, String hash, String complaint) {
    refuses(minimal().replace("\"" + A + "\",\"\",\"\"", "\"" + path + "\",\"" + method + "\",\"" + hash + "\""),
        complaint);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Derive", "Derive(", "Derive([])", " Derive([", "Derive([(\"out\"", "Derive([(\"out",
      "derive(", "Derive([(\"out\\"})
  void refusesWhatIsCutOffOrNoDerivation(String text) {
    refuses(text, "byte ");
  }

  @Test
  void refusesEveryTruncation() {
    byte[] whole = minimal().getBytes(StandardCharsets.UTF_8);
    for (int length = 0; length < whole.length; length++) {
      ByteString cut = ByteString.copyOf(whole, 0, length);
      assertThatThrownBy(() -> ATermReader.read(cut)).isInstanceOf(InvalidDerivation.class);
    }
  }

  @Test
  void refusesWhatComesAfterTheEnd() {
    refuses(minimal() + "\n", "'\\x0a' follows the end of the derivation");
  }

  @Test
  void refusesWhiteSpaceAndEmptyListItems() {
    refuses(minimal().replace("],[", "], ["), "stands where");
    refuses(minimal().replace("[\"-c\"]", "[\"-c\",]"), "stands where '\"' should");
    refuses(minimal().replace("[\"-c\"]", "[,\"-c\"]"), "stands where '\"' should");
    refuses(minimal().replace("[\"-c\"]", "[\"-c\" ]"), "stands where ']' should");
  }

  @Test
  void refusesWhatIsNotSortedOrThereTwice() {
    String entry = "(\"out\",\"" + A + "\",\"\",\"\")";
    refuses(minimal().replace(entry, entry + "," + entry), "is there twice");
    refuses(minimal().replace(entry, entry + "," + entry.replace("out", "dev")), "is not sorted: it follows 'out'");
    refuses(minimal().replace("[(\"k\",\"v\")]", "[(\"k\",\"v\"),(\"k\",\"v\")]"), "is there twice");
    refuses(minimal().replace("[(\"k\",\"v\")]", "[(\"k\",\"v\"),(\"K\",\"v\")]"), "is not sorted: it follows 'k'");
    refuses(minimal().replace("],[],[],", "],[],[\"" + B + "\",\"" + A + "\"],"), "is not sorted");
    refuses(minimal().replace("],[],[],", "],[(\"" + B + ".drv\",[]),(\"" + A + ".drv\",[])],[],"), "is not sorted");
    refuses(minimal().replace("],[],[],", "],[(\"" + A + ".drv\",[\"out\",\"out\"])],[],"), "is there twice");
  }

  @Test
  void sortsEnvironmentByUnsignedBytes() {
    assertThat(read(minimal().replace("[(\"k\",\"v\")]", "[(\"k\",\"v\"),(\"ü\",\"v\")]")).env()).hasSize(2);
    refuses(minimal().replace("[(\"k\",\"v\")]", "[(\"ü\",\"v\"),(\"k\",\"v\")]"), "is not sorted");
  }

  @Test
  void refusesEscapesThatNixDoesNotWrite() {
    refuses(minimal().replace("-c", "a\\b"), "an escape that Nix does not write");
    refuses(minimal().replace("-c", "a\\0"), "an escape that Nix does not write");
    refuses(minimal().replace("-c", "a\nb"), "a character that Nix escapes");
    refuses(minimal().replace("-c", "a\tb"), "a character that Nix escapes");
    refuses(minimal().replace("linux", "lin\\\\ux"), "has an escape where Nix writes none");
  }

  @Test
  void refusesInputDerivationsThatAreNone() {
    refuses(minimal().replace("],[],[],", "],[(\"" + A + "\",[\"out\"])],[],"), "'" + A + "' does not end in .drv");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a/b", "ü", "a!b"})
  void refusesNamesThatNoOutputCanHave(String name) {
    refuses(minimal().replace("(\"out\"", "(\"" + name + "\""), "cannot be the name of an output");
  }

  @Test
  void refusesDynamicDerivations() {
    refuses("DrvWithVersion(\"xp-dyn-drv\",[],[],[],\"\",\"\",[],[])", "dynamic derivation (DrvWithVersion)");
  }

  @Test
  void quotesNoMoreThanALine() {
    String long1 = "x".repeat(1_000_000);
    for (String hostile : List.of(long1, minimal().replace("out", long1), minimal().replace(A, A + long1),
        minimal().replace("[(\"k\",\"v\")]", "[(\"" + long1 + "\",\"v\"),(\"a\",\"v\")]"))) {
      assertThatThrownBy(() -> read(hostile)).isInstanceOf(InvalidDerivation.class)
          .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(800));
    }
  }

  private static DerivationOutput output(String path, String method, String hash) {
    return Objects.requireNonNull(read(
        minimal().replace("\"" + A + "\",\"\",\"\"", "\"" + path + "\",\"" + method + "\",\"" + hash + "\""))
        .outputs().get("out"));
  }

  private static String minimal() {
    return "Derive([(\"out\",\"" + A + "\",\"\",\"\")],[],[],\"x86_64-linux\",\"/bin/sh\",[\"-c\"],[(\"k\",\"v\")])";
  }

  private static Derivation read(String aterm) {
    ByteString bytes = ByteString.utf8(aterm);
    Derivation derivation = ATermReader.read(bytes);
    assertThat(ATermWriter.write(derivation)).isEqualTo(bytes);
    return derivation;
  }

  private static void refuses(String aterm, String complaint) {
    assertThatThrownBy(() -> ATermReader.read(ByteString.utf8(aterm))).isInstanceOf(InvalidDerivation.class)
        .hasMessageContaining(complaint);
  }
}
