package dev.kiln.http;

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class PreferTests {

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      respond-async                 | 0
      wait=7                        | 7
      WAIT = "7"                    | 7
      handling=lenient; wait=7      | 7
      wait=9, wait=3, respond-later | 3
      wait=9, respond-async         | 0
      """)
  void tellsTheShortestWait(String header, long seconds) {
    assertThat(Prefer.maxWait(List.of(header))).contains(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "wait", "wait=", "wait=-1", "wait=1.5", "wait=99999999999", "respond-asynchronously"})
  void ignoresWhatItDoesNotUnderstand(String header) {
    assertThat(Prefer.maxWait(List.of(header))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      abandon=cancel                       | cancel
      wait=7, Abandon = "CONTINUE"         | continue
      respond-async; abandon=cancel        | cancel
      abandon=cancel, abandon=continue     | cancel
      abandoned=x, abandon=cancel          | cancel
      """)
  void tellsWhatAWordIsSetTo(String header, String value) {
    assertThat(Prefer.value(List.of(header), "abandon")).contains(value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "abandon", "abandoned=cancel", "cancel=abandon"})
  void tellsNothingOfAWordThatIsNotSet(String header) {
    assertThat(Prefer.value(List.of(header), "abandon")).isEmpty();
  }

  @Test
  void mayBeAbsent() {
    assertThat(Prefer.maxWait(null)).isEmpty();
    assertThat(Prefer.value(null, "abandon")).isEmpty();
  }
}
