package dev.kiln.hash;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.bytes.ByteString;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class NixHashTests {

  private static final String BASE16 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  private static final String BASE32 = "1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s";
  private static final String BASE64 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
  private static final NixHash ABC = NixHash.sha256Of("abc");

  /** What nix-hash --type T --to-base32 and nix hash to-sri say of the digests of "abc". */
  @ParameterizedTest
  @CsvSource({"MD5,900150983cd24fb0d6963f7d28e17f72,3jgzhjhz9zjvbb0kyj7jc500ch,kAFQmDzST7DWlj99KOF/cg==",
      "SHA1,a9993e364706816aba3e25717850c26c9cd0d89d,kpcd173cq987hw957sx6m0868wv3x6d9,qZk+NkcGgWq6PiVxeFDCbJzQ2J0=",
      "SHA256," + BASE16 + "," + BASE32 + "," + BASE64})
  void spellsWhatNixSpells(HashAlgorithm algorithm, String base16, String base32, String base64) {
    NixHash hash = NixHash.parse(base16, algorithm);
    assertThat(hash).isEqualTo(digest(algorithm, "abc"));
    assertThat(hash.base16()).isEqualTo(base16);
    assertThat(hash.base32()).isEqualTo(base32);
    assertThat(hash.base64()).isEqualTo(base64);
    assertThat(hash.sri()).isEqualTo(algorithm.nixName() + "-" + base64).hasToString(hash.toString());
    assertThat(hash.prefixedBase16()).isEqualTo(algorithm.nixName() + ":" + base16);
    assertThat(hash.prefixedBase32()).isEqualTo(algorithm.nixName() + ":" + base32);
  }

  @ParameterizedTest
  @EnumSource(HashAlgorithm.class)
  void readsEverySpellingOfRandomDigests(HashAlgorithm algorithm) {
    Random random = new Random(7);
    for (int i = 0; i < 500; i++) {
      byte[] digest = new byte[algorithm.length()];
      random.nextBytes(digest);
      NixHash hash = new NixHash(algorithm, ByteString.owning(digest));
      assertThat(NixHash.parse(hash.sri())).isEqualTo(hash);
      assertThat(NixHash.parse(hash.sri(), algorithm)).isEqualTo(hash);
      for (String digits : new String[]{hash.base16(), hash.base32(), hash.base64()}) {
        assertThat(NixHash.parse(digits, algorithm)).isEqualTo(hash);
        assertThat(NixHash.parse(algorithm.nixName() + ":" + digits)).isEqualTo(hash);
        assertThat(NixHash.parse(algorithm.nixName() + ":" + digits, algorithm)).isEqualTo(hash);
      }
    }
  }

  @Test
  void takesBase16OfUpperCaseAsNixDoes() {
    assertThat(NixHash.parse("sha256:BA" + BASE16.substring(2))).isEqualTo(ABC);
  }

  @ParameterizedTest
  @ValueSource(strings = {BASE16, BASE32, BASE64})
  void needsAnAlgorithmFromSomewhere(String digits) {
    assertThatThrownBy(() -> NixHash.parse(digits)).isInstanceOf(InvalidHash.class)
        .hasMessageContaining("'" + digits + "' names no algorithm");
  }

  @ParameterizedTest
  @ValueSource(strings = {"sha256:" + BASE32, "sha256-" + BASE64})
  void refusesAnotherAlgorithmThanExpected(String text) {
    assertThatThrownBy(() -> NixHash.parse(text, HashAlgorithm.SHA512)).isInstanceOf(InvalidHash.class)
        .hasMessage("hash '" + text + "' should be of algorithm 'sha512'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":", "-", "sha256", "sha256:", "sha256-", "SHA256:" + BASE16, "blake3:" + BASE16,
      ":" + BASE16, "sha256:sha256:" + BASE16, "sha256-" + BASE16, "sha256-" + BASE32, "sha256:" + BASE16 + "0",
      "sha256: " + BASE16, "sha256:" + BASE32 + " ", "sha1:" + BASE16,
      "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0",
      "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa1=", "sha256-ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=",
      "sha256-ungWv48Bz+pB\nQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "sha256-kAFQmDzST7DWlj99KOF/cg==",
      "sha256:ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      "sha256:\uff11a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      "sha256:eb8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s",
      "sha256:zb8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s"})
  void refusesWhatIsNoHashAndQuotesIt(String text) {
    assertThatThrownBy(() -> NixHash.parse(text)).isInstanceOf(InvalidHash.class)
        .hasMessageContaining(text.substring(text.lastIndexOf(':') + 1));
  }

  @Test
  void refusesDigestsOfAnotherLength() {
    assertThatThrownBy(() -> NixHash.sha256(new byte[31])).isInstanceOf(InvalidHash.class);
  }

  @Test
  void foldsByXor() {
    assertThat(NixHash.compress(ByteString.owning(new byte[]{1, 2, 3, 4, 5}), 2)).containsExactly(7, 6);
    assertThat(NixHash.compress(ByteString.owning(new byte[]{1, 2}), 3)).containsExactly(1, 2, 0);
  }

  @Test
  void isTakenAndCountedWhileWriting() throws IOException {
    ByteArrayOutputStream below = new ByteArrayOutputStream();
    try (HashingOutputStream out = new HashingOutputStream(below, HashAlgorithm.SHA256)) {
      out.write('a');
      out.write("xbcx".getBytes(StandardCharsets.US_ASCII), 1, 2);
      assertThat(out.count()).isEqualTo(3);
      assertThat(out.hash()).isEqualTo(ABC);
    }
    assertThat(below).hasToString("abc");
  }

  private static NixHash digest(HashAlgorithm algorithm, String content) {
    return new NixHash(algorithm,
        ByteString.owning(algorithm.newDigest().digest(content.getBytes(StandardCharsets.UTF_8))));
  }
}
