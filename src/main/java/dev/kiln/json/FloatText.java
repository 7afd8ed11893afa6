package dev.kiln.json;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/**
 * Doubles in decimal, as nlohmann::json writes them. The digits are those of Grisu2 (Florian Loitsch, "Printing Floating-Point
 * Numbers Quickly and Accurately with Integers", 2010): always enough to read the same double, but in one of a thousand cases
 * one more than the fewest, so that {@link Double#toString} would not do. All 64-bit numbers here are unsigned.
 */
final class FloatText {

  /** From this decimal exponent on, and below the other, there is an exponent in the text. */
  private static final int MAX_EXPONENT = 15;
  private static final int MIN_EXPONENT = -4;

  private static final int FRACTION_BITS = 52;
  private static final long HIDDEN_BIT = 1L << FRACTION_BITS;
  private static final int BIAS = 1075;

  /** Powers of ten that bring the binary exponent between -60 and -32: each eighth from 10^-300 on is enough. */
  private static final int MIN_POWER = -300;
  private static final int POWER_STEP = 8;
  private static final int ALPHA = -60;
  private static final Scaled[] POWERS = new Scaled[79];

  static {
    for (int i = 0; i < POWERS.length; i++) {
      POWERS[i] = power(MIN_POWER + i * POWER_STEP);
    }
  }

  /** {@code f * 2^e}. */
  private record Scaled(long f, int e) {

    Scaled normalized() {
      int shift = Long.numberOfLeadingZeros(f);
      return new Scaled(f << shift, e - shift);
    }

    /** @return the upper half of the product, rounded */
    Scaled times(Scaled other) {
      long high = Math.unsignedMultiplyHigh(f, other.f);
      return new Scaled(high + (f * other.f >>> 63), e + other.e + 64);
    }
  }

  private final byte[] digits = new byte[20];
  private int length;
  /** The number is its digits, as an integer, times ten to this. */
  private int exponent;

  private FloatText() {}

  /** @param value neither infinite nor NaN */
  static String of(double value) {
    String sign = Double.doubleToRawLongBits(value) < 0 ? "-" : "";
    if (value == 0) {
      return sign + "0.0";
    }
    FloatText text = new FloatText();
    text.grisu(Math.abs(value));
    return sign + text.format();
  }

  /** @return 10^k in 64 bits, rounded */
  private static Scaled power(int k) {
    BigInteger power = BigInteger.TEN.pow(Math.abs(k));
    if (k >= 0) {
      return rounded(power, 0);
    }
    // Enough bits that the quotient is exact but for what the rounding drops
    int shift = power.bitLength() + 128;
    return rounded(BigInteger.ONE.shiftLeft(shift).divide(power), -shift);
  }

  private static Scaled rounded(BigInteger value, int e) {
    int excess = value.bitLength() - 64;
    if (excess <= 0) {
      return new Scaled(value.shiftLeft(-excess).longValue(), e + excess);
    }
    BigInteger half = value.shiftRight(excess - 1).add(BigInteger.ONE).shiftRight(1);
    return half.bitLength() > 64 ? new Scaled(half.shiftRight(1).longValue(), e + excess + 1)
        : new Scaled(half.longValue(), e + excess);
  }

  private void grisu(double value) {
    long bits = Double.doubleToRawLongBits(value);
    long fraction = bits & HIDDEN_BIT - 1;
    int biased = (int) (bits >>> FRACTION_BITS);
    Scaled v = biased == 0 ? new Scaled(fraction, 1 - BIAS) : new Scaled(fraction | HIDDEN_BIT, biased - BIAS);
    // The double below a power of two is only half as far as the one above
    boolean closer = fraction == 0 && biased > 1;
    Scaled above = new Scaled(2 * v.f + 1, v.e - 1).normalized();
    Scaled below = closer ? new Scaled(4 * v.f - 1, v.e - 2) : new Scaled(2 * v.f - 1, v.e - 1);

    int k = ALPHA - above.e - 1;
    k = k * 78913 / (1 << 18) + (k > 0 ? 1 : 0); // times log10(2)
    int index = (k - MIN_POWER + POWER_STEP - 1) / POWER_STEP;
    Scaled power = POWERS[index];
    exponent = -(MIN_POWER + index * POWER_STEP);

    long high = above.times(power).f - 1;
    long low = new Scaled(below.f << below.e - above.e, above.e).times(power).f + 1;
    Scaled middle = v.normalized().times(power);
    generate(low, middle.f, high, -middle.e);
  }

  /** Finds the fewest digits that lie between {@code low} and {@code high}, then as near to {@code middle} as they can. */
  private void generate(long low, long middle, long high, int point) {
    long delta = high - low;
    long distance = high - middle;
    long one = 1L << point;
    int whole = (int) (high >>> point);
    long part = high & one - 1;

    int tenth = 1;
    int left = 1;
    while (Integer.toUnsignedLong(whole) / 10 >= Integer.toUnsignedLong(tenth)) {
      tenth *= 10;
      left++;
    }
    while (left > 0) {
      append(Integer.divideUnsigned(whole, tenth));
      whole = Integer.remainderUnsigned(whole, tenth);
      left--;
      long rest = (Integer.toUnsignedLong(whole) << point) + part;
      if (Long.compareUnsigned(rest, delta) <= 0) {
        exponent += left;
        round(distance, delta, rest, Integer.toUnsignedLong(tenth) << point);
        return;
      }
      tenth = Integer.divideUnsigned(tenth, 10);
    }
    do {
      part *= 10;
      append((int) (part >>> point));
      part &= one - 1;
      delta *= 10;
      distance *= 10;
      exponent--;
    } while (Long.compareUnsigned(part, delta) > 0);
    round(distance, delta, part, one);
  }

  private void append(int digit) {
    digits[length++] = (byte) ('0' + digit);
  }

  /** Counts the last digit down while that brings the number nearer to the middle, which is {@code distance} below the top. */
  private void round(long distance, long delta, long rest, long unit) {
    long at = rest;
    while (Long.compareUnsigned(at, distance) < 0 && Long.compareUnsigned(delta - at, unit) >= 0
        && (Long.compareUnsigned(at + unit, distance) < 0
            || Long.compareUnsigned(distance - at, at + unit - distance) > 0)) {
      digits[length - 1]--;
      at += unit;
    }
  }

  private String format() {
    String text = new String(digits, 0, length, StandardCharsets.US_ASCII);
    int point = length + exponent;
    if (length <= point && point <= MAX_EXPONENT) {
      return text + "0".repeat(point - length) + ".0";
    }
    if (point > 0 && point <= MAX_EXPONENT) {
      return text.substring(0, point) + "." + text.substring(point);
    }
    if (point > MIN_EXPONENT && point <= 0) {
      return "0." + "0".repeat(-point) + text;
    }
    int power = point - 1;
    return text.charAt(0) + (length > 1 ? "." + text.substring(1) : "") + (power < 0 ? "e-" : "e+")
        + (Math.abs(power) < 10 ? "0" : "") + Math.abs(power);
  }
}
