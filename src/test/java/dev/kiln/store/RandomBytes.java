package dev.kiln.store;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** Bytes as ISO 8859-1 characters, with more of those that are hard to spell than chance gives. */
final class RandomBytes {

  private static final String NAME_CHARACTERS = "abcxyzABCXYZ0129+-._?=";
  private static final String HARD = "\"\\\n\r\t '$`{}%*?[]()&;|<>#!~=:,\1\2\177\200\201\210\377";

  private final Random random;

  RandomBytes(Random random) {
    this.random = random;
  }

  boolean chance(int of) {
    return random.nextInt(of) == 0;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  <T> T pick(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  /** @return bytes but no NUL, now and then many */
  String text(int usual) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(chance(20) ? 50 * usual : usual); i > 0; i--) {
      text.append(chance(3) ? HARD.charAt(below(HARD.length())) : (char) (1 + below(255)));
    }
    return text.toString();
  }

  /** @return UTF-8, of one to four bytes each, and control characters */
  String utf8(int usual) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(usual); i > 0; i--) {
      switch (below(5)) {
        case 0 -> text.append(HARD.charAt(below(29)));
        case 1 -> text.append((char) (1 + below(127)));
        case 2 -> text.append((char) (0x80 + below(0x700)));
        case 3 -> text.append((char) (0x2000 + below(0x6000)));
        default -> text.appendCodePoint(0x10000 + below(0x10000));
      }
    }
    return new String(text.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  String content(int usual) {
    return text(usual) + (chance(3) ? "\0" : "") + text(usual);
  }

  /** @return the name of an entry of a directory */
  String entry() {
    String name = chance(3) ? storeName(1 + below(12)) : (text(12) + "x").replace('/', '-');
    return name.length() > 255 || chance(40) ? "n".repeat(255 - 3) + name.substring(0, 1) : name;
  }

  /** @return a name that a store path may have: not with a '.' at its begin */
  String storeName(int length) {
    StringBuilder name = new StringBuilder();
    while (name.length() < length) {
      char c = NAME_CHARACTERS.charAt(below(NAME_CHARACTERS.length()));
      name.append(c == '.' && name.isEmpty() ? '_' : c);
    }
    return name.toString().endsWith(".drv") ? name + "x" : name.toString();
  }
}
