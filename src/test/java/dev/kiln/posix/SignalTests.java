package dev.kiln.posix;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class SignalTests {

  @ParameterizedTest
  @ValueSource(longs = {1, 0, -1, -2, Long.MIN_VALUE})
  void refusesIdsThatReachMoreThanOneProcessOrTheFirst(long pid) {
    assertThatIllegalArgumentException().isThrownBy(() -> Signal.KILL.sendTo(pid));
    assertThatIllegalArgumentException().isThrownBy(() -> Signal.KILL.sendToGroup(pid));
  }
}
