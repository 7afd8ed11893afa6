package dev.kiln.json;

import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class FloatTextTests {

  @ParameterizedTest
  @CsvSource({"0,0.0", "-0.0,-0.0", "1,1.0", "-1.5,-1.5", "0.1,0.1", "123456,123456.0", "1e14,100000000000000.0",
      "1e15,1e+15", "123456789012345,123456789012345.0", "1234567890123456,1.234567890123456e+15", "0.001,0.001",
      "0.0001,0.0001", "0.00001,1e-05", "1e100,1e+100", "1e-300,1e-300",
      "1.7976931348623157e308,1.7976931348623157e+308",
      "2.2250738585072014e-308,2.2250738585072014e-308", "4.9e-324,5e-324", "9007199254740993,9.007199254740992e+15"})
  void writesWhatNlohmannWrites(double value, String text) {
    assertThat(FloatText.of(value)).isEqualTo(text);
  }

  @Test
  void writesEnoughDigitsToReadTheSameDouble() {
    Random random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        assertThat(Double.parseDouble(FloatText.of(value))).isEqualTo(value);
      }
    }
  }
}
