package dev.kiln.hash;

import java.util.HashMap;
import java.util.Map;

import org.junit.jupiter.api.Test;

import dev.kiln.hash.Blake3LanesTests.OneByOne;

import static org.assertj.core.api.Assertions.assertThat;

class Blake3TrialTests {

  @Test
  void isLostByLanesThatTakeLonger() {
    assertThat(Blake3Trial.tryOut(() -> new Blake3Lanes() {
      @Override
      public int count() {
        return 8;
      }

      @Override
      public void compress(byte[] input, int offset, long chunk, int log, byte[] cvs) {
        for (int i = 0; i < 4; i++) {
          new OneByOne(8).compress(input, offset, chunk, log, cvs);
        }
      }
    })).isEqualTo(Blake3Trial.Outcome.SLOWER);
  }

  @Test
  void isWonByLanesThatNeedNoTime() {
    assertThat(Blake3Trial.tryOut(Remembering::new)).isEqualTo(Blake3Trial.Outcome.FASTER);
  }

  @Test
  void isLostByLanesThatAreFastAndWrong() {
    assertThat(Blake3Trial.tryOut(() -> new Remembering() {
      @Override
      public void compress(byte[] input, int offset, long chunk, int log, byte[] cvs) {
        super.compress(input, offset, chunk, log, cvs);
        cvs[100] ^= 4;
      }
    })).isEqualTo(Blake3Trial.Outcome.WRONG);
  }

  /** Knows the answers after the first time. */
  private static class Remembering implements Blake3Lanes {

    private final Map<Long, byte[]> known = new HashMap<>();

    @Override
    public int count() {
      return 8;
    }

    @Override
    public void compress(byte[] input, int offset, long chunk, int log, byte[] cvs) {
      byte[] known = this.known.computeIfAbsent(chunk, _ -> {
        byte[] computed = new byte[cvs.length];
        new OneByOne(8).compress(input, offset, chunk, log, computed);
        return computed;
      });
      System.arraycopy(known, 0, cvs, 0, cvs.length);
    }
  }
}
