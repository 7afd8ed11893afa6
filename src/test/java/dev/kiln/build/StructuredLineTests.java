package dev.kiln.build;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.build.StructuredLine.Activity;
import dev.kiln.build.StructuredLine.PhaseBegins;
import dev.kiln.build.StructuredLine.Text;
import dev.kiln.bytes.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

class StructuredLineTests {

  @ParameterizedTest
  @ValueSource(strings = {
      "@nix {\"action\":\"setPhase\",\"phase\":\"buildPhase\"}",
      "@nix { \"phase\": \"buildPhase\", \"action\": \"setPhase\", \"other\": [1, {}] }",
      "@nix {\"action\":\"result\",\"fields\":[\"buildPhase\"],\"id\":7,\"type\":104}"})
  void tellsOfAPhase(String line) {
    assertThat(StructuredLine.parse(ByteString.utf8(line))).contains(new PhaseBegins("buildPhase"));
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "@nix {\"action\":\"msg\",\"level\":0,\"msg\":\"hé\\nllo\"}",
      "@nix {\"action\":\"result\",\"fields\":[\"hé\\nllo\"],\"id\":7,\"type\":101}",
      "@nix {\"action\":\"result\",\"fields\":[\"hé\\nllo\"],\"id\":7,\"type\":107}"})
  void hasSomethingToShow(String line) {
    assertThat(StructuredLine.parse(ByteString.utf8(line))).contains(new Text("hé\nllo"));
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "@nix {\"action\":\"start\",\"id\":1,\"level\":4,\"text\":\"\",\"type\":105}",
      "@nix {\"action\":\"stop\",\"id\":1}",
      "@nix {\"action\":\"result\",\"fields\":[1,2,0,0],\"id\":1,\"type\":105}", "@nix {\"action\":\"result\"}",
      "@nix {\"action\":\"result\",\"fields\":[],\"type\":104}",
      "@nix {\"action\":\"result\",\"fields\":[\"a\"],\"type\":1e99}",
      "@nix {\"action\":\"result\",\"fields\":[\"a\"],\"type\":18446744073709551615}"})
  void tellsHowActivitiesGoOn(String line) {
    assertThat(StructuredLine.parse(ByteString.utf8(line))).contains(new Activity());
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "@nix ", "@nix {", "@nix []", "@nix null", "@nix \"setPhase\"", "@nix {}", "@nix {\"action\":1}",
      "@nix {\"action\":\"setPhase\"}", "@nix {\"action\":\"setPhase\",\"phase\":null}", "@nix {\"action\":\"else\"}",
      "@nix {\"action\":\"setPhase\",\"phase\":\"a\"} trailing"})
  void isTextWhereNixTakesItForText(String line) {
    assertThat(StructuredLine.parse(ByteString.utf8(line))).isEmpty();
  }

  @Test
  void isTextWhereItIsDeepOrNoUtf8() {
    assertThat(StructuredLine.parse(ByteString.utf8("@nix " + "[".repeat(16_000)))).isEmpty();
    assertThat(StructuredLine.parse(ByteString.utf8("@nix " + "{\"a\":".repeat(3_000)))).isEmpty();
    byte[] raw = "@nix {\"action\":\"setPhase\",\"phase\":\"?\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    raw[raw.length - 3] = (byte) 0xff;
    assertThat(StructuredLine.parse(ByteString.copyOf(raw))).isEmpty();
  }
}
