package dev.kiln.binarycache;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class NarInfoTests {

  private static final String HASH = "0fnns71fnzq3k0dy5lvxnbk3dciv7m8xpgr1l3dy7r7gd41h36bi";
  private static final String PATH = "StorePath: /nix/store/5nzsq4wa968b8xyxfykiajynncrkpr2x-refchain-4\n";
  private static final String URL = "URL: nar/" + HASH + ".nar.xz\n";
  private static final String SIGNATURE = "A".repeat(86) + "==";
  private static final String NAR = "NarHash: sha256:" + HASH + "\nNarSize: 912\n";
  private static final String FULL = PATH + URL + "Compression: xz\nFileHash: sha256:" + HASH + "\nFileSize: 7\n" + NAR
      + "References: 5nzsq4wa968b8xyxfykiajynncrkpr2x-refchain-4 9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb\n"
      + "Deriver: 0qx443ygjvfnr2j2ngmdzh4h0iqfvrrd-refchain-4.drv\nSig: a:" + SIGNATURE + "\nSig: b:" + SIGNATURE + "\n"
      + "CA: fixed:r:sha256:" + HASH + "\n";

  private static NarInfo parse(String text) {
    return NarInfo.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void isWrittenAsItWasRead() {
    assertThat(parse(FULL).render()).isEqualTo(FULL);
  }

  @Test
  void leavesOutWhatIsNotKnownButNotTheReferences() {
    String text = PATH + URL + "Compression: xz\n" + NAR + "References: \n";
    assertThat(parse(text).render()).isEqualTo(text);
  }

  @Test
  void takesAnyOrderAndUnknownKeys() {
    String reversed = String.join("\n", FULL.lines().toList().reversed()) + "\nX-Other: y\nnote:\n";
    NarInfo info = parse(reversed);
    assertThat(info.path()).isEqualTo(StorePath.parse("/nix/store/5nzsq4wa968b8xyxfykiajynncrkpr2x-refchain-4"));
    assertThat(info.references()).hasSize(2);
    assertThat(info.signatures()).hasSize(2);
  }

  @Test
  void takesEverySpellingOfTheHash() {
    NarInfo info = parse(FULL);
    String base16 = FULL.replace("NarHash: sha256:" + HASH, "NarHash: " + info.narHash().prefixedBase16());
    String sri = FULL.replace("NarHash: sha256:" + HASH, "NarHash: " + info.narHash().sri());
    assertThat(parse(base16)).isEqualTo(info);
    assertThat(parse(sri)).isEqualTo(info);
  }

  @Test
  void meansBzip2WithoutACompression() {
    assertThat(parse(PATH + URL + NAR).file().compression()).isEqualTo("bzip2");
  }

  @Test
  void knowsNoDeriverThatIsUnknown() {
    assertThat(parse(PATH + URL + NAR + "Deriver: unknown-deriver\n").deriver()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"StorePath: /nix/store/5nzsq4wa968b8xyxfykiajynncrkpr2x-refchain-4\n", "URL: x\n",
      "NarHash: sha256:" + HASH + "\n", "NarSize: 912\n"})
  void refusesASecondLineOfASingleKey(String line) {
    assertThatThrownBy(() -> parse(PATH + URL + NAR + line)).isInstanceOf(InvalidNarInfo.class)
        .hasMessageContaining(line.strip());
  }

  @ParameterizedTest
  @ValueSource(strings = {"StorePath", "URL", "NarHash", "NarSize"})
  void refusesToMissALine(String key) {
    String without = String.join("\n", FULL.lines().filter(line -> !line.startsWith(key + ":")).toList()) + "\n";
    assertThatThrownBy(() -> parse(without)).isInstanceOf(InvalidNarInfo.class).hasMessageContaining(key);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "NoColon\n", ": value\n", "Key:value\n", "X: y\r\n", "X: \0\n", "X: no end",
      "FileSize: -1\n", "FileSize: +1\n", "FileSize: 1e3\n", "FileSize: 99999999999999999999\n", "FileSize: ١\n",
      "FileHash: sha1:0000000000000000000000000000000000000000\n", "References: a  b\n", "References:  a\n",
      "References: /nix/store/9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb\n",
      "References: 9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb \n", "Deriver: 9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb\n",
      "Sig: x\n", "Sig: \n", "Sig: a:QUJD\n", "Sig: a:Q U\n", "Sig: a b:QUJD\n", "CA: md5:1\n"})
  void refusesAMalformedLine(String line) {
    assertThatThrownBy(() -> parse(PATH + URL + NAR + line)).isInstanceOf(InvalidNarInfo.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "7", "911", ""})
  void refusesASizeThatNoNarHas(String size) {
    assertThatThrownBy(() -> parse(FULL.replace("NarSize: 912", "NarSize: " + size)))
        .isInstanceOf(InvalidNarInfo.class);
  }

  @Test
  void refusesWhatIsNotUtf8OrTooLong() {
    assertThatThrownBy(() -> NarInfo.parse(new byte[]{'X', ':', ' ', (byte) 0xff, '\n'}))
        .isInstanceOf(InvalidNarInfo.class).hasMessageContaining("UTF-8");
    assertThatThrownBy(() -> NarInfo.parse(new byte[NarInfo.MAX_LENGTH + 1])).isInstanceOf(InvalidNarInfo.class);
  }

  @Test
  void quotesNoMoreThanIsFit() {
    assertThatThrownBy(() -> parse("x".repeat(1_000_000) + "\n")).isInstanceOf(InvalidNarInfo.class)
        .satisfies(e -> assertThat(String.valueOf(e.getMessage())).hasSizeLessThan(400));
  }
}
