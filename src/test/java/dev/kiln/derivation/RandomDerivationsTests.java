package dev.kiln.derivation;

import java.util.Random;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

import dev.kiln.bytes.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

class RandomDerivationsTests {

  private static final int DERIVATIONS = 100;
  private static final int MUTATIONS = 25;

  @RepeatedTest(5)
  void areReadAsTheyWereWritten(RepetitionInfo repetition) {
    RandomDerivations derivations = new RandomDerivations(repetition.getCurrentRepetition());
    for (int i = 0; i < DERIVATIONS; i++) {
      Derivation derivation = derivations.next();
      assertThat(ATermReader.read(ATermWriter.write(derivation))).isEqualTo(derivation);
    }
  }

  /** Whatever is read is also written back, so that no two texts are one derivation. */
  @RepeatedTest(5)
  void areRefusedOrWrittenBackOnceMutated(RepetitionInfo repetition) {
    RandomDerivations derivations = new RandomDerivations(repetition.getCurrentRepetition());
    Random random = new Random(repetition.getCurrentRepetition());
    int read = 0;
    int refused = 0;
    for (int i = 0; i < DERIVATIONS; i++) {
      byte[] aterm = ATermWriter.write(derivations.next()).toByteArray();
      for (int j = 0; j < MUTATIONS; j++) {
        ByteString mutated = mutate(aterm, random);
        try {
          assertThat(ATermWriter.write(ATermReader.read(mutated))).isEqualTo(mutated);
          read++;
        } catch (InvalidDerivation _) {
          refused++;
        }
      }
    }
    assertThat(read).isPositive();
    assertThat(refused).isPositive();
  }

  private static ByteString mutate(byte[] aterm, Random random) {
    byte[] mutated = aterm.clone();
    int at = random.nextInt(mutated.length);
    int other = random.nextInt(mutated.length);
    switch (random.nextInt(4)) {
      case 0 -> mutated[at] = (byte) random.nextInt(256);
      case 1 -> mutated[at] = mutated[other];
      case 2 -> System.arraycopy(mutated, Math.min(at, other), mutated, Math.max(at, other),
          mutated.length - Math.max(at, other));
      default -> {
        return ByteString.copyOf(mutated, Math.min(at, other), Math.abs(at - other));
      }
    }
    return ByteString.owning(mutated);
  }
}
