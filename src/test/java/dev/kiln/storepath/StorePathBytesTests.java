package dev.kiln.storepath;

import java.nio.charset.StandardCharsets;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.hash.NixBase32;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Store paths in the midst of bytes are read as they are on their own. */
class StorePathBytesTests {

  private static final String HASH = "0123456789abcdfghijklmnpqrsvwxyz";

  @Test
  void areReadAndWrittenAsTheirDigitsSay() {
    Random random = new Random(5);
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = new byte[StorePathHash.LENGTH];
      random.nextBytes(bytes);
      String digits = NixBase32.encode(bytes);
      assertThat(StorePathHash.of(bytes)).hasToString(digits);
      byte[] text = ("(\"/nix/store/" + digits + "-a-1.0\",").getBytes(StandardCharsets.US_ASCII);
      StorePath path = StorePath.parse(text, 2, text.length - 2);
      assertThat(path.hash().toByteArray()).isEqualTo(bytes);
      assertThat(path).isEqualTo(StorePath.parse("/nix/store/" + digits + "-a-1.0"))
          .hasToString("/nix/store/" + digits + "-a-1.0");
      assertThat(path.baseName()).isEqualTo(digits + "-a-1.0");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "/nix/store/", "/nix/store/" + HASH, "/nix/store/" + HASH + "-",
      "/nix/stork/" + HASH + "-x",
      "/nix/store/" + HASH + "_x", "/nix/store/0123456789abcdfghijklmnpqrsvwxye-x",
      "/nix/store/e123456789abcdfghijklmnpqrsvwxyz-x", "/nix/store/" + HASH + "-x/y", "/nix/store/" + HASH + "-.",
      "/nix/store/0123456789abcdfghijkl\u00e9npqrsvwxy-x", "/nix/store/" + HASH + "-\u00e9"})
  void areRefusedForTheSameReason(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    String reason = reason(text);
    assertThatThrownBy(() -> StorePath.parse(bytes, 0, bytes.length)).isInstanceOf(InvalidStorePath.class);
    if (bytes.length == text.length()) {
      assertThatThrownBy(() -> StorePath.parse(bytes, 0, bytes.length)).hasMessage(reason);
    }
  }

  private static String reason(String text) {
    try {
      return "taken: " + StorePath.parse(text);
    } catch (InvalidStorePath e) {
      return String.valueOf(e.getMessage());
    }
  }
}
