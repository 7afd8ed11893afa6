package dev.kiln.storepath;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ContentAddressTests {

  private static final String SHA256 = "sha256:1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s";

  @ParameterizedTest
  @ValueSource(strings = {"text:" + SHA256, "fixed:" + SHA256, "fixed:r:" + SHA256,
      "fixed:md5:3jgzhjhz9zjvbb0kyj7jc500ch", "fixed:r:sha1:kpcd173cq987hw957sx6m0868wv3x6d9"})
  void isWrittenAsItWasRead(String text) {
    assertThat(ContentAddress.parse(text).render()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "text", "text:", "fixed:", "fixed:r:", SHA256, "Text:" + SHA256, "text:r:" + SHA256,
      "fixed:git:" + SHA256, "fixed:r:r:" + SHA256, "text:md5:3jgzhjhz9zjvbb0kyj7jc500ch", "text:sha256:00",
      "fixed:sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "fixed:" + SHA256 + "\n"})
  void refusesWhatIsNone(String text) {
    assertThatThrownBy(() -> ContentAddress.parse(text)).isInstanceOf(InvalidStorePath.class);
  }
}
