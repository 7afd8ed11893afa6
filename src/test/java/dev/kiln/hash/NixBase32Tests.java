package dev.kiln.hash;

import java.math.BigInteger;
import java.util.HexFormat;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class NixBase32Tests {

  @ParameterizedTest
  @CsvSource({"'',''", "00,00", "1f,0z", "20,10", "ff,7z", "0001,0080", "ffff,1zzz"})
  void spellsLittleEndianNumbers(String hex, String digits) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    assertThat(NixBase32.encode(bytes)).isEqualTo(digits);
    assertThat(NixBase32.decode(digits, bytes.length)).isEqualTo(bytes);
  }

  @Test
  void agreesWithArithmetic() {
    Random random = new Random(11);
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = new byte[random.nextInt(70)];
      random.nextBytes(bytes);
      String digits = NixBase32.encode(bytes);
      assertThat(digits).isEqualTo(arithmetic(bytes));
      assertThat(NixBase32.decode(digits, bytes.length)).isEqualTo(bytes);
    }
  }

  @ParameterizedTest
  @CsvSource({"0e,1", "0o,1", "0u,1", "0t,1", "0A,1", "'0 ',1", "0\uff10,1", "80,1", "zz,1", "0,1", "000,1", "'',1",
      "2000,2"})
  void refusesWhatSpellsNoBytes(String digits, int length) {
    assertThatThrownBy(() -> NixBase32.decode(digits, length)).isInstanceOf(InvalidHash.class)
        .hasMessageContaining("'" + digits + "'");
  }

  /** The bytes as one little-endian number in base 32, most significant digit first. */
  private static String arithmetic(byte[] bytes) {
    byte[] bigEndian = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      bigEndian[bytes.length - 1 - i] = bytes[i];
    }
    BigInteger number = new BigInteger(1, bigEndian);
    StringBuilder digits = new StringBuilder();
    for (int i = 0; i < (bytes.length * 8 + 4) / 5; i++) {
      digits.append("0123456789abcdfghijklmnpqrsvwxyz".charAt(number.and(BigInteger.valueOf(31)).intValue()));
      number = number.shiftRight(5);
    }
    return digits.reverse().toString();
  }
}
