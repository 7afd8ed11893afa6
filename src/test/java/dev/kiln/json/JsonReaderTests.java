package dev.kiln.json;

import java.util.HexFormat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.bytes.ByteString;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class JsonReaderTests {

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
      "[ ]|[]", "{ }|{}", "{\"b\":1, \"a\":{\"x\":[null,true]}}|{\"a\":{\"x\":[null,true]},\"b\":1}",
      "{\"a\":1,\"a\":2}|{\"a\":2}", "[-0,0,-0.0]|[0,0,-0.0]", "18446744073709551615|18446744073709551615",
      "18446744073709551616|1.8446744073709552e+19", "-9223372036854775809|-9.223372036854776e+18",
      "\"\\u00e9\\/\\u001f\\ud83d\\ude00\"|\"é/\\u001f😀\"", "[1e2,1.50]|[100.0,1.5]"})
  void readsWhatTheWriterWritesInOneForm(String text, String written) {
    assertThat(JsonWriter.write(JsonReader.read(ByteString.utf8(text))).toString()).isEqualTo(written);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
      "[1,]|byte 3: ']' where a value should be", "{\"a\":1|byte 6: the end where ',' or '}' should be",
      "[\"\\ud800\"]|byte 2: a surrogate without the other", "1e999|byte 0: a number too large for a double"})
  void saysWhereAndWhatIsWrong(String text, String message) {
    assertThatThrownBy(() -> JsonReader.read(ByteString.utf8(text))).isInstanceOf(InvalidJson.class)
        .hasMessage(message);
  }

  /** Overlong, a surrogate, beyond Unicode, cut short, a byte order mark cut short. */
  @ParameterizedTest
  @ValueSource(strings = {"22c0af22", "22eda08022", "22f490808022", "22c322", "22ff22", "efbb7b7d", "22"})
  void refusesWhatIsNotUtf8(String hex) {
    ByteString text = ByteString.owning(HexFormat.of().parseHex(hex));
    assertThatThrownBy(() -> JsonReader.read(text)).isInstanceOf(InvalidJson.class);
  }

  /** As in C, where it ends a text. */
  @Test
  void endsAtANulBehindTheValue() {
    assertThat(JsonReader.read(ByteString.utf8("true\0 anything"))).isEqualTo(new Json.JsonBoolean(true));
    assertThatThrownBy(() -> JsonReader.read(ByteString.utf8("[\0]"))).isInstanceOf(InvalidJson.class);
  }

  @Test
  void readsAndWritesWhatIsDeepWithoutRecursion() {
    ByteString deep = ByteString.utf8("{\"a\":[".repeat(4_000) + "]}".repeat(4_000));
    assertThat(JsonWriter.write(JsonReader.read(deep))).isEqualTo(deep);
  }

  @Test
  void refusesWhatIsTooDeepOrTooMuch() {
    assertThatThrownBy(() -> JsonReader.read(ByteString.utf8("[".repeat(20_000)))).isInstanceOf(InvalidJson.class)
        .hasMessageContaining("deep");
    assertThatThrownBy(() -> JsonReader.read(ByteString.utf8("[" + "1,".repeat(JsonReader.MAX_VALUES) + "1]")))
        .isInstanceOf(InvalidJson.class).hasMessageContaining("values");
  }
}
