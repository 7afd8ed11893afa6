package dev.kiln.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Changes inputs, by the same seed always in the same way. */
final class Mutations {

  /** Numbers at which lengths overflow; eight bytes each. */
  private static final long[] NUMBERS = {-1, 0, 1, 7, 8, 1 << 12, 1 << 16, Integer.MAX_VALUE, 1L << 32, 1L << 40,
      Long.MAX_VALUE, Long.MIN_VALUE};

  private final Random random;
  private final List<byte[]> corpus;

  Mutations(long seed, List<byte[]> corpus) {
    random = new Random(seed);
    this.corpus = corpus;
  }

  byte[] next() {
    byte[] input = any();
    for (int i = random.nextInt(4); i >= 0; i--) {
      input = mutate(input);
    }
    return input;
  }

  private byte[] any() {
    return corpus.get(random.nextInt(corpus.size()));
  }

  private byte[] mutate(byte[] input) {
    int at = random.nextInt(input.length + 1);
    int to = Math.min(input.length, at + random.nextInt(random.nextInt(8) == 0 ? 600 : 9));
    return switch (random.nextInt(7)) {
      case 0 -> spliced(input, at, to, new byte[0]);
      case 1 -> spliced(input, at, at, repeated(input, at, to));
      case 2 -> spliced(input, at, Math.min(input.length, at + 1), new byte[]{(byte) random.nextInt(256)});
      case 3 -> spliced(input, at, to, part(any()));
      case 4 -> {
        // Where NARs have their numbers
        int aligned = at & ~7;
        long number = NUMBERS[random.nextInt(NUMBERS.length)];
        byte[] bytes = new byte[8];
        for (int i = 0; i < 8; i++) {
          bytes[i] = (byte) (number >>> 8 * i);
        }
        yield spliced(input, aligned, Math.min(input.length, aligned + 8), bytes);
      }
      case 5 -> at < input.length ? spliced(input, at, at + 1, new byte[]{(byte) (input[at] ^ 1 << random.nextInt(8))})
          : input;
      default -> spliced(input, at, at, part(input));
    };
  }

  private byte[] part(byte[] input) {
    int from = random.nextInt(input.length + 1);
    int to = Math.min(input.length, from + random.nextInt(65));
    return Arrays.copyOfRange(input, from, to);
  }

  private byte[] repeated(byte[] input, int from, int to) {
    var out = new ByteArrayOutputStream();
    for (int i = random.nextInt(random.nextInt(20) == 0 ? 2_000 : 4); i >= 0; i--) {
      out.write(input, from, to - from);
    }
    return out.toByteArray();
  }

  private static byte[] spliced(byte[] input, int from, int to, byte[] by) {
    var out = new ByteArrayOutputStream();
    out.write(input, 0, from);
    out.writeBytes(by);
    out.write(input, to, input.length - to);
    return out.toByteArray();
  }
}
