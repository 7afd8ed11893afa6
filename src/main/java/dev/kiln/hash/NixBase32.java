package dev.kiln.hash;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Nix's base 32: digits without e, o, u and t, the bytes taken from the last to the first (Nix: base-nix-32.cc). */
public final class NixBase32 {

  public static final String DIGITS = "0123456789abcdfghijklmnpqrsvwxyz";

  /** Digits that make up 5 bytes. */
  public static final int GROUP = 8;

  private static final int BITS = 5;

  /** By character; of those that are no digit -1. */
  private static final byte[] VALUES = new byte[256];
  private static final byte[] ASCII = DIGITS.getBytes(StandardCharsets.US_ASCII);

  static {
    Arrays.fill(VALUES, (byte) -1);
    for (int i = 0; i < ASCII.length; i++) {
      VALUES[ASCII[i]] = (byte) i;
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

  /** @return the 40 bits that the 8 digits from {@code from} on stand for, the first digit highest; negative if one is no digit */
  public static long group(byte[] ascii, int from) {
    long value = 0;
    for (int i = from; i < from + GROUP; i++) {
      // what is no digit leaves the sign behind, which nothing shifts out
      value = value << BITS | VALUES[ascii[i] & 0xff];
    }
    return value;
  }

  /** Writes the lower 40 bits of {@code value} as 8 digits, the highest first. */
  public static void write(long value, byte[] ascii, int to) {
    for (int i = 0; i < GROUP; i++) {
      ascii[to + i] = ASCII[(int) (value >>> BITS * (GROUP - 1 - i)) & 31];
    }
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
