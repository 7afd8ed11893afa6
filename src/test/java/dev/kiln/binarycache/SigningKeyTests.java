package dev.kiln.binarycache;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class SigningKeyTests {

  /** RFC 8032, 7.1, TEST 1: seed and public key; the signature of the empty message. */
  private static final String RFC = "k:nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==";
  private static final String RFC_SIGNATURE = "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==";

  @TempDir
  Path directory;

  @Test
  void signsAsTheStandardSays() {
    assertThat(SigningKey.parse(RFC).sign("").base64()).isEqualTo(RFC_SIGNATURE);
  }

  @Test
  void isReadAsItWasWritten() {
    SigningKey key = SigningKey.generate("kiln-1");
    SigningKey again = SigningKey.parse(key.render());
    assertThat(again.publicKey()).isEqualTo(key.publicKey()).startsWith("kiln-1:");
    assertThat(again.sign("x")).isEqualTo(key.sign("x"));
    assertThat(key.toString()).doesNotContain(key.render().substring(7, 20));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "k", "k:", "k:AAAA", ":nWGx", "k:????", "two words:AAAA"})
  void refusesWhatIsNoKeyWithoutQuotingIt(String text) {
    assertThatThrownBy(() -> SigningKey.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesHalvesOfDifferentKeys() {
    byte[] one = Base64.getDecoder().decode(RFC.substring(2));
    byte[] other = Base64.getDecoder().decode(SigningKey.generate("k").render().substring(2));
    System.arraycopy(other, 32, one, 32, 32);
    assertThatThrownBy(() -> SigningKey.parse("k:" + Base64.getEncoder().encodeToString(one)))
        .hasMessageContaining("do not belong together");
  }

  @Test
  void isMadeOnceAndForItsOwnerAlone() throws Exception {
    Path file = directory.resolve("key");
    SigningKey made = new SigningKeyFile(file).readOrCreate(() -> SigningKey.generate("a"));
    SigningKey read = new SigningKeyFile(file).readOrCreate(() -> SigningKey.generate("b"));
    assertThat(read.publicKey()).isEqualTo(made.publicKey());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void isNeverReplacedWhenItsFileIsBroken() throws Exception {
    Path file = Files.writeString(directory.resolve("key"), "nonsense");
    assertThatThrownBy(() -> new SigningKeyFile(file).readOrCreate(() -> SigningKey.generate("a")))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(file.toString());
    assertThat(file).hasContent("nonsense");
  }
}
