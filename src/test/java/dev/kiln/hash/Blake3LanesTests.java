package dev.kiln.hash;

import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static dev.kiln.hash.Blake3Compression.CHUNK_LENGTH;
import static dev.kiln.hash.Blake3Compression.CV_LENGTH;
import static org.assertj.core.api.Assertions.assertThat;

/** What the official vectors do not reach: every border between lanes, scalar code and pieces, and chunks beyond 2^32. */
class Blake3LanesTests {

  private static final int LANES = new Blake3VectorLanes().count();

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 18, 20, 24, 31, 32, 33, 47, 63, 64, 65, 127, 128, 129, 136, 255,
      256,
      257, 300})
  void agreeWithTheScalarCodeAroundEveryNumberOfChunks(int chunks) {
    for (int more = -1; more <= 1; more++) {
      byte[] input = random(chunks * CHUNK_LENGTH + more);
      assertThat(digest(Blake3VectorLanes::new, input, input.length)).as("%d bytes", input.length)
          .isEqualTo(digest(Blake3Lanes.Source.NONE, input, input.length));
    }
  }

  @Test
  void agreeWithTheScalarCodeInRandomPieces() {
    Random random = new Random(3);
    for (int round = 0; round < 60; round++) {
      byte[] input = random(random.nextInt(1 << random.nextInt(1, 20)));
      assertThat(inPieces(input, random)).as("round %d, %d bytes", round, input.length)
          .isEqualTo(digest(Blake3Lanes.Source.NONE, input, input.length));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1000, 1023, 1024, 1025, 2048, 3072, 4096, 7 * 1024, 8 * 1024, 8 * 1024 + 1, 12 * 1024})
  void beginWhereverTheFirstPieceEnded(int first) {
    byte[] input = random(first + 5 * 64 * CHUNK_LENGTH);
    assertThat(digest(Blake3VectorLanes::new, input, first))
        .isEqualTo(digest(Blake3Lanes.Source.NONE, input, input.length));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 16, 1L << 31, (1L << 32) - 16, (1L << 32) - 32, 1L << 32, 1L << 53})
  void countChunksInMoreThan32Bits(long chunk) {
    for (int log = 0; log <= Blake3Lanes.MAX_LOG; log++) {
      byte[] input = random(7 + (LANES << log) * CHUNK_LENGTH);
      byte[] expected = new byte[LANES * CV_LENGTH];
      byte[] cvs = new byte[LANES * CV_LENGTH];
      new OneByOne(LANES).compress(input, 7, chunk, log, expected);
      new Blake3VectorLanes().compress(input, 7, chunk, log, cvs);
      assertThat(cvs).as("subtrees of 2^%d chunks", log).isEqualTo(expected);
    }
  }

  /** More lanes than this machine has, and fewer. */
  @ParameterizedTest
  @ValueSource(ints = {4, 8, 16, 32})
  void mayBeAnyPowerOfTwo(int count) {
    for (int chunks : new int[]{8, 15, 16, 31, 32, 33, 64, 100, 512, 600}) {
      byte[] input = random(chunks * CHUNK_LENGTH);
      assertThat(digest(() -> new OneByOne(count), input, input.length)).as("%d chunks", chunks)
          .isEqualTo(digest(Blake3Lanes.Source.NONE, input, input.length));
    }
  }

  private static Blake3Digest digest(Blake3Lanes.Source source, byte[] input, int first) {
    Blake3 blake3 = new Blake3(source);
    blake3.update(input, 0, first);
    blake3.update(input, first, input.length - first);
    return blake3.digest();
  }

  private static Blake3Digest inPieces(byte[] input, Random random) {
    Blake3 blake3 = new Blake3(Blake3VectorLanes::new);
    for (int at = 0; at < input.length;) {
      int length = Math.min(random.nextInt(1 << random.nextInt(1, 18)), input.length - at);
      blake3.update(input, at, length);
      at += length;
    }
    return blake3.digest();
  }

  private static byte[] random(int length) {
    byte[] input = new byte[length];
    new Random(length).nextBytes(input);
    return input;
  }

  /** Each lane's subtree by the scalar compression function, merged by recursion: what lanes are to do, plainly. */
  record OneByOne(int count) implements Blake3Lanes {

    @Override
    public void compress(byte[] input, int offset, long chunk, int log, byte[] cvs) {
      for (int lane = 0; lane < count; lane++) {
        byte[] cv = subtree(input, offset + (lane << log) * CHUNK_LENGTH, chunk + ((long) lane << log), log);
        System.arraycopy(cv, 0, cvs, lane * CV_LENGTH, CV_LENGTH);
      }
    }

    private static byte[] subtree(byte[] input, int offset, long chunk, int log) {
      int[] cv = Blake3Compression.initial();
      if (log == 0) {
        for (int block = 0; block < 16; block++) {
          int flags = block == 0 ? Blake3Compression.CHUNK_START : block == 15 ? Blake3Compression.CHUNK_END : 0;
          Blake3Compression.compress(cv, input, offset + 64 * block, chunk, 64, flags);
        }
      } else {
        int half = 1 << log - 1;
        byte[] children = new byte[2 * CV_LENGTH];
        System.arraycopy(subtree(input, offset, chunk, log - 1), 0, children, 0, CV_LENGTH);
        System.arraycopy(subtree(input, offset + half * CHUNK_LENGTH, chunk + half, log - 1), 0, children, CV_LENGTH,
            CV_LENGTH);
        Blake3Compression.compress(cv, children, 0, 0, 64, Blake3Compression.PARENT);
      }
      byte[] bytes = new byte[CV_LENGTH];
      for (int i = 0; i < cv.length; i++) {
        Blake3Compression.LITTLE_ENDIAN.set(bytes, 4 * i, cv[i]);
      }
      return bytes;
    }
  }
}
