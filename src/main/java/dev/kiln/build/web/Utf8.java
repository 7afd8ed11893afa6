package dev.kiln.build.web;

/** What of bytes is text. */
final class Utf8 {

  /** Of a character, in bytes. */
  private static final int MAX = 4;

  private Utf8() {}

  /**
   * Finds where to cut bytes that go on.
   *
   * @return {@code end}, or less where a character begins before it that is not whole yet, but never {@code from}
   */
  static int wholeCharacters(byte[] bytes, int from, int end) {
    for (int begin = end - 1; begin > from && begin > end - MAX; begin--) {
      int lead = bytes[begin] & 0xff;
      if (lead < 0x80) {
        return end;
      }
      if (lead >= 0xc0) {
        int length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        return begin + length > end ? begin : end;
      }
    }
    return end;
  }
}
