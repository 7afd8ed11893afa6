package dev.kiln.hash;

import java.util.Arrays;

/** Nix's base 32: digits without e, o, u and t, the bytes taken from the last to the first (Nix: base-nix-32.cc). */
public final class NixBase32 {

  public static final String DIGITS = "0123456789abcdfghijklmnpqrsvwxyz";

  private static final byte[] VALUES = new byte[128];

  static {
    Arrays.fill(VALUES, (byte) -1);
    for (int i = 0; i < DIGITS.length(); i++) {
      VALUES[DIGITS.charAt(i)] = (byte) i;
    }
  }

  private NixBase32() {}

  /** @return the number of digits that {@code bytes} bytes take */
  public static int encodedLength(int bytes) {
    return (bytes * 8 + 4) / 5;
  }

  public static String encode(byte[] bytes) {
    char[] digits = new char[encodedLength(bytes.length)];
    for (int n = digits.length - 1, at = 0; n >= 0; n--, at++) {
      int bit = n * 5;
      int index = bit >>> 3;
      int shift = bit & 7;
      int value = (bytes[index] & 0xff) >>> shift;
      if (index + 1 < bytes.length) {
        value |= (bytes[index + 1] & 0xff) << (8 - shift);
      }
      digits[at] = DIGITS.charAt(value & 31);
    }
    return new String(digits);
  }

  public static boolean isDigit(int character) {
    return character >= 0 && character < VALUES.length && VALUES[character] >= 0;
  }

  /**
   * @param length of the result, in bytes
   * @throws InvalidHash if {@code text} is not exactly {@code length} bytes in this spelling
   */
  public static byte[] decode(String text, int length) {
    if (text.length() != encodedLength(length)) {
      throw new InvalidHash("'" + text + "' has " + text.length() + " characters, not the " + encodedLength(length)
          + " of " + length + " bytes in nixbase32");
    }
    byte[] bytes = new byte[length];
    for (int n = 0; n < text.length(); n++) {
      char character = text.charAt(text.length() - n - 1);
      if (!isDigit(character)) {
        throw new InvalidHash("'" + text + "' has '" + character + "', which is no nixbase32 digit");
      }
      int value = VALUES[character];
      int index = n * 5 >>> 3;
      int shift = n * 5 & 7;
      bytes[index] |= (byte) (value << shift);
      int carry = value >>> (8 - shift);
      if (index + 1 < length) {
        bytes[index + 1] |= (byte) carry;
      } else if (carry != 0) {
        throw new InvalidHash("'" + text + "' is more than " + length + " bytes in nixbase32");
      }
    }
    return bytes;
  }
}
