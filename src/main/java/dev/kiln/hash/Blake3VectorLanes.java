package dev.kiln.hash;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

import static jdk.incubator.vector.VectorOperators.ROR;
import static jdk.incubator.vector.VectorOperators.XOR;

/**
 * Lanes of vectors of the CPU's width. Word i of a vector belongs to lane i, so that all lanes go through the rounds
 * together. Loaded only where the JVM has the module {@code jdk.incubator.vector}.
 *
 * <p>All vectors lie in one array, {@link #s}; what is named by a constant in capitals, or {@code in}, {@code message} and so
 * on, is where in it.
 */
final class Blake3VectorLanes implements Blake3Lanes {

  private static final VectorSpecies<Integer> SPECIES = IntVector.SPECIES_PREFERRED.length() > 16
      ? IntVector.SPECIES_512
      : IntVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Byte> BYTES = SPECIES.withLanes(byte.class);
  private static final int L = SPECIES.length();

  private static final int BLOCK_WORDS = 16;
  private static final int BLOCKS = Blake3Compression.CHUNK_LENGTH / Blake3Compression.BLOCK_LENGTH;
  private static final int ROUNDS = 7;
  private static final int[] PERMUTATION = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
  /** Where each round's words are in the message. */
  private static final int[] SCHEDULE = schedule();

  private static final VectorShuffle<Integer> SWAP1 = swap(1);
  private static final VectorShuffle<Integer> SWAP2 = swap(2);
  private static final VectorShuffle<Integer> SWAP4 = swap(4);
  private static final VectorShuffle<Integer> SWAP8 = swap(8);
  private static final VectorMask<Integer> ODD1 = odd(1);
  private static final VectorMask<Integer> ODD2 = odd(2);
  private static final VectorMask<Integer> ODD4 = odd(4);
  private static final VectorMask<Integer> ODD8 = odd(8);

  private static final int MESSAGE = 0;
  private static final int INITIAL = MESSAGE + BLOCK_WORDS * L;
  /** Of the chunks: low words, then high words. */
  private static final int COUNTER = INITIAL + 8 * L;
  private static final int NO_COUNTER = COUNTER + 2 * L;
  /** Chaining values: each lane's own stack of complete subtrees. */
  private static final int STACK = NO_COUNTER + 2 * L;
  private static final int CV = 8 * L;

  private final int[] s = new int[STACK + (MAX_LOG + 1) * CV];

  Blake3VectorLanes() {
    int[] initial = Blake3Compression.initial();
    for (int i = 0; i < initial.length; i++) {
      IntVector.broadcast(SPECIES, initial[i]).intoArray(s, INITIAL + i * L);
    }
  }

  /** @return whether there are enough of them to be worth a try */
  static boolean wide() {
    return L >= 4;
  }

  @Override
  public int count() {
    return L;
  }

  @Override
  public void compress(byte[] input, int offset, long chunk, int log, byte[] cvs) {
    int top = STACK;
    for (int i = 0; i < 1 << log; i++) {
      count(chunk + i, log);
      chunks(input, offset + i * Blake3Compression.CHUNK_LENGTH, Blake3Compression.CHUNK_LENGTH << log, top);
      top += CV;
      for (int n = i + 1; (n & 1) == 0; n >>>= 1) {
        top -= CV;
        compress(s, INITIAL, top - CV, top - CV, NO_COUNTER, Blake3Compression.PARENT);
      }
    }
    for (int lane = 0; lane < L; lane++) {
      for (int word = 0; word < 8; word++) {
        Blake3Compression.LITTLE_ENDIAN.set(cvs, lane * Blake3Compression.CV_LENGTH + Integer.BYTES * word,
            s[STACK + word * L + lane]);
      }
    }
  }

  private void count(long first, int log) {
    for (int lane = 0; lane < L; lane++) {
      long number = first + ((long) lane << log);
      s[COUNTER + lane] = (int) number;
      s[COUNTER + L + lane] = (int) (number >>> 32);
    }
  }

  /** One chunk of each lane, {@code stride} bytes apart, into the chaining value at {@code out}. */
  private void chunks(byte[] input, int offset, int stride, int out) {
    for (int block = 0; block < BLOCKS; block++) {
      transpose(input, offset + block * Blake3Compression.BLOCK_LENGTH, stride, s);
      int flags = (block == 0 ? Blake3Compression.CHUNK_START : 0)
          | (block == BLOCKS - 1 ? Blake3Compression.CHUNK_END : 0);
      compress(s, block == 0 ? INITIAL : out, out, MESSAGE, COUNTER, flags);
    }
  }

  /**
   * Brings word i of every lane's block together. The block's 16 words make squares of L by L words; those are transposed by
   * swapping what is off the diagonal in squares of 2 by 2, then of 4 by 4, and so on. The first two steps need no memory.
   */
  private static void transpose(byte[] input, int offset, int stride, int[] s) {
    for (int square = 0; square < BLOCK_WORDS; square += L) {
      for (int lane = 0; lane < L; lane += 4) {
        int at = offset + lane * stride + Integer.BYTES * square;
        IntVector a = load(input, at);
        IntVector b = load(input, at + stride);
        IntVector c = load(input, at + 2 * stride);
        IntVector d = load(input, at + 3 * stride);
        IntVector ab = a.blend(b.rearrange(SWAP1), ODD1);
        IntVector ba = a.rearrange(SWAP1).blend(b, ODD1);
        IntVector cd = c.blend(d.rearrange(SWAP1), ODD1);
        IntVector dc = c.rearrange(SWAP1).blend(d, ODD1);
        int out = MESSAGE + (square + lane) * L;
        ab.blend(cd.rearrange(SWAP2), ODD2).intoArray(s, out);
        ba.blend(dc.rearrange(SWAP2), ODD2).intoArray(s, out + L);
        ab.rearrange(SWAP2).blend(cd, ODD2).intoArray(s, out + 2 * L);
        ba.rearrange(SWAP2).blend(dc, ODD2).intoArray(s, out + 3 * L);
      }
    }
    if (L > 4) {
      swapSquares(s, 4, SWAP4, ODD4);
    }
    if (L > 8) {
      swapSquares(s, 8, SWAP8, ODD8);
    }
  }

  private static IntVector load(byte[] input, int at) {
    return ByteVector.fromArray(BYTES, input, at).reinterpretAsInts();
  }

  private static void swapSquares(int[] s, int step, VectorShuffle<Integer> swap, VectorMask<Integer> odd) {
    for (int row = 0; row < BLOCK_WORDS; row = (row + step + 1) & -step - 1) {
      int even = MESSAGE + row * L;
      IntVector a = IntVector.fromArray(SPECIES, s, even);
      IntVector b = IntVector.fromArray(SPECIES, s, even + step * L);
      a.blend(b.rearrange(swap), odd).intoArray(s, even);
      a.rearrange(swap).blend(b, odd).intoArray(s, even + step * L);
    }
  }

  /**
   * As {@link Blake3Compression#compress}, of whole blocks, four columns or diagonals side by side. It calls nothing of its own:
   * the compiler inlines all of the Vector API here, but not much else any more, and a vector that a call returns is an object.
   */
  private static void compress(int[] s, int in, int out, int message, int counter, int flags) {
    IntVector v0 = IntVector.fromArray(SPECIES, s, in + 0 * L);
    IntVector v1 = IntVector.fromArray(SPECIES, s, in + 1 * L);
    IntVector v2 = IntVector.fromArray(SPECIES, s, in + 2 * L);
    IntVector v3 = IntVector.fromArray(SPECIES, s, in + 3 * L);
    IntVector v4 = IntVector.fromArray(SPECIES, s, in + 4 * L);
    IntVector v5 = IntVector.fromArray(SPECIES, s, in + 5 * L);
    IntVector v6 = IntVector.fromArray(SPECIES, s, in + 6 * L);
    IntVector v7 = IntVector.fromArray(SPECIES, s, in + 7 * L);
    IntVector v8 = IntVector.fromArray(SPECIES, s, INITIAL + 0 * L);
    IntVector v9 = IntVector.fromArray(SPECIES, s, INITIAL + 1 * L);
    IntVector v10 = IntVector.fromArray(SPECIES, s, INITIAL + 2 * L);
    IntVector v11 = IntVector.fromArray(SPECIES, s, INITIAL + 3 * L);
    IntVector v12 = IntVector.fromArray(SPECIES, s, counter + 0 * L);
    IntVector v13 = IntVector.fromArray(SPECIES, s, counter + 1 * L);
    IntVector v14 = IntVector.broadcast(SPECIES, Blake3Compression.BLOCK_LENGTH);
    IntVector v15 = IntVector.broadcast(SPECIES, flags);
    for (int round = 0; round < SCHEDULE.length; round += BLOCK_WORDS) {
      v0 = v0.add(v4).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 0]));
      v1 = v1.add(v5).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 2]));
      v2 = v2.add(v6).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 4]));
      v3 = v3.add(v7).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 6]));
      v12 = v12.lanewise(XOR, v0).lanewise(ROR, 16);
      v13 = v13.lanewise(XOR, v1).lanewise(ROR, 16);
      v14 = v14.lanewise(XOR, v2).lanewise(ROR, 16);
      v15 = v15.lanewise(XOR, v3).lanewise(ROR, 16);
      v8 = v8.add(v12);
      v9 = v9.add(v13);
      v10 = v10.add(v14);
      v11 = v11.add(v15);
      v4 = v4.lanewise(XOR, v8).lanewise(ROR, 12);
      v5 = v5.lanewise(XOR, v9).lanewise(ROR, 12);
      v6 = v6.lanewise(XOR, v10).lanewise(ROR, 12);
      v7 = v7.lanewise(XOR, v11).lanewise(ROR, 12);
      v0 = v0.add(v4).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 1]));
      v1 = v1.add(v5).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 3]));
      v2 = v2.add(v6).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 5]));
      v3 = v3.add(v7).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 7]));
      v12 = v12.lanewise(XOR, v0).lanewise(ROR, 8);
      v13 = v13.lanewise(XOR, v1).lanewise(ROR, 8);
      v14 = v14.lanewise(XOR, v2).lanewise(ROR, 8);
      v15 = v15.lanewise(XOR, v3).lanewise(ROR, 8);
      v8 = v8.add(v12);
      v9 = v9.add(v13);
      v10 = v10.add(v14);
      v11 = v11.add(v15);
      v4 = v4.lanewise(XOR, v8).lanewise(ROR, 7);
      v5 = v5.lanewise(XOR, v9).lanewise(ROR, 7);
      v6 = v6.lanewise(XOR, v10).lanewise(ROR, 7);
      v7 = v7.lanewise(XOR, v11).lanewise(ROR, 7);
      v0 = v0.add(v5).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 8]));
      v1 = v1.add(v6).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 10]));
      v2 = v2.add(v7).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 12]));
      v3 = v3.add(v4).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 14]));
      v15 = v15.lanewise(XOR, v0).lanewise(ROR, 16);
      v12 = v12.lanewise(XOR, v1).lanewise(ROR, 16);
      v13 = v13.lanewise(XOR, v2).lanewise(ROR, 16);
      v14 = v14.lanewise(XOR, v3).lanewise(ROR, 16);
      v10 = v10.add(v15);
      v11 = v11.add(v12);
      v8 = v8.add(v13);
      v9 = v9.add(v14);
      v5 = v5.lanewise(XOR, v10).lanewise(ROR, 12);
      v6 = v6.lanewise(XOR, v11).lanewise(ROR, 12);
      v7 = v7.lanewise(XOR, v8).lanewise(ROR, 12);
      v4 = v4.lanewise(XOR, v9).lanewise(ROR, 12);
      v0 = v0.add(v5).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 9]));
      v1 = v1.add(v6).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 11]));
      v2 = v2.add(v7).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 13]));
      v3 = v3.add(v4).add(IntVector.fromArray(SPECIES, s, message + SCHEDULE[round + 15]));
      v15 = v15.lanewise(XOR, v0).lanewise(ROR, 8);
      v12 = v12.lanewise(XOR, v1).lanewise(ROR, 8);
      v13 = v13.lanewise(XOR, v2).lanewise(ROR, 8);
      v14 = v14.lanewise(XOR, v3).lanewise(ROR, 8);
      v10 = v10.add(v15);
      v11 = v11.add(v12);
      v8 = v8.add(v13);
      v9 = v9.add(v14);
      v5 = v5.lanewise(XOR, v10).lanewise(ROR, 7);
      v6 = v6.lanewise(XOR, v11).lanewise(ROR, 7);
      v7 = v7.lanewise(XOR, v8).lanewise(ROR, 7);
      v4 = v4.lanewise(XOR, v9).lanewise(ROR, 7);
    }
    v0.lanewise(XOR, v8).intoArray(s, out + 0 * L);
    v1.lanewise(XOR, v9).intoArray(s, out + 1 * L);
    v2.lanewise(XOR, v10).intoArray(s, out + 2 * L);
    v3.lanewise(XOR, v11).intoArray(s, out + 3 * L);
    v4.lanewise(XOR, v12).intoArray(s, out + 4 * L);
    v5.lanewise(XOR, v13).intoArray(s, out + 5 * L);
    v6.lanewise(XOR, v14).intoArray(s, out + 6 * L);
    v7.lanewise(XOR, v15).intoArray(s, out + 7 * L);
  }

  private static int[] schedule() {
    int[] schedule = new int[ROUNDS * BLOCK_WORDS];
    for (int i = 0; i < schedule.length; i++) {
      schedule[i] = i < BLOCK_WORDS ? i * L
          : schedule[i - i % BLOCK_WORDS - BLOCK_WORDS + PERMUTATION[i % BLOCK_WORDS]];
    }
    return schedule;
  }

  /** Exchanges neighbours at a distance of {@code step}. */
  private static VectorShuffle<Integer> swap(int step) {
    return VectorShuffle.fromOp(SPECIES, i -> (i ^ step) % L);
  }

  private static VectorMask<Integer> odd(int step) {
    long bits = 0;
    for (int i = 0; i < L; i++) {
      bits |= (i & step) == 0 ? 0 : 1L << i;
    }
    return VectorMask.fromLong(SPECIES, bits);
  }
}
