package dev.kiln.hash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * BLAKE3 with a digest of 256 bits, without key or context (BLAKE3 paper, section 2). Takes input of any length in any
 * pieces, in constant memory. Used by one thread at a time.
 */
public final class Blake3 {

  private static final int BLOCK_LENGTH = 64;
  private static final int CHUNK_LENGTH = 1024;
  private static final int CV_WORDS = 8;
  private static final int BLOCK_WORDS = 16;
  /** Enough for 2^64 bytes of input. */
  private static final int MAX_DEPTH = 54;

  private static final int CHUNK_START = 1;
  private static final int CHUNK_END = 2;
  private static final int PARENT = 4;
  private static final int ROOT = 8;

  private static final int[] IV = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB,
      0x5BE0CD19};

  private static final VarHandle LITTLE_ENDIAN = MethodHandles.byteArrayViewVarHandle(int[].class,
      ByteOrder.LITTLE_ENDIAN);

  /** Chaining values of the complete subtrees to the left, the largest first. */
  private final int[] stack = new int[MAX_DEPTH * CV_WORDS];
  private int depth;

  private final int[] cv = IV.clone();
  private long chunk;
  /** Bytes of the current chunk that are compressed already. */
  private int chunkLength;

  /** The last block is kept back until it is known whether it ends all: that changes how it is compressed. */
  private final byte[] block = new byte[BLOCK_LENGTH];
  private int blockLength;

  private final int[] words = new int[BLOCK_WORDS];

  public static Blake3Digest of(byte[] content) {
    Blake3 blake3 = new Blake3();
    blake3.update(content, 0, content.length);
    return blake3.digest();
  }

  public void update(byte[] input, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, input.length);
    int at = offset;
    int end = offset + length;
    while (at < end) {
      if (blockLength == BLOCK_LENGTH) {
        compressBlock(block, 0);
        blockLength = 0;
      }
      if (blockLength == 0) {
        for (; end - at > BLOCK_LENGTH; at += BLOCK_LENGTH) {
          compressBlock(input, at);
        }
      }
      int taken = Math.min(BLOCK_LENGTH - blockLength, end - at);
      System.arraycopy(input, at, block, blockLength, taken);
      blockLength += taken;
      at += taken;
    }
  }

  /** Takes what remains in {@code input}. */
  public void update(ByteBuffer input) {
    if (input.hasArray()) {
      update(input.array(), input.arrayOffset() + input.position(), input.remaining());
      input.position(input.limit());
      return;
    }
    byte[] piece = new byte[Math.min(input.remaining(), 8 * CHUNK_LENGTH)];
    while (input.hasRemaining()) {
      int length = Math.min(piece.length, input.remaining());
      input.get(piece, 0, length);
      update(piece, 0, length);
    }
  }

  /** @return of all that was given since the last digest; the next input begins a new one */
  public Blake3Digest digest() {
    Arrays.fill(block, blockLength, BLOCK_LENGTH, (byte) 0);
    loadWords(block, 0);
    int flags = chunkLength == 0 ? CHUNK_START | CHUNK_END : CHUNK_END;
    compress(cv, chunk, blockLength, depth == 0 ? flags | ROOT : flags, cv, 0);
    while (depth > 0) {
      depth--;
      System.arraycopy(stack, depth * CV_WORDS, words, 0, CV_WORDS);
      System.arraycopy(cv, 0, words, CV_WORDS, CV_WORDS);
      compress(IV, 0, BLOCK_LENGTH, depth == 0 ? PARENT | ROOT : PARENT, cv, 0);
    }
    ByteBuffer digest = ByteBuffer.allocate(Blake3Digest.LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    digest.asIntBuffer().put(cv);
    chunk = 0;
    blockLength = 0;
    beginChunk();
    return Blake3Digest.of(digest.array());
  }

  private void compressBlock(byte[] input, int at) {
    loadWords(input, at);
    int flags = chunkLength == 0 ? CHUNK_START : 0;
    chunkLength += BLOCK_LENGTH;
    if (chunkLength < CHUNK_LENGTH) {
      compress(cv, chunk, BLOCK_LENGTH, flags, cv, 0);
    } else {
      compress(cv, chunk, BLOCK_LENGTH, CHUNK_END, cv, 0);
      pushChunk();
    }
  }

  /** More input follows this chunk, so that every subtree that it completes is not the root, and can be merged now. */
  private void pushChunk() {
    chunk++;
    System.arraycopy(cv, 0, stack, depth * CV_WORDS, CV_WORDS);
    depth++;
    for (long n = chunk; (n & 1) == 0; n >>>= 1) {
      depth--;
      int left = (depth - 1) * CV_WORDS;
      System.arraycopy(stack, left, words, 0, BLOCK_WORDS);
      compress(IV, 0, BLOCK_LENGTH, PARENT, stack, left);
    }
    beginChunk();
  }

  private void beginChunk() {
    System.arraycopy(IV, 0, cv, 0, CV_WORDS);
    chunkLength = 0;
  }

  private void loadWords(byte[] input, int at) {
    for (int i = 0; i < BLOCK_WORDS; i++) {
      words[i] = (int) LITTLE_ENDIAN.get(input, at + Integer.BYTES * i);
    }
  }

  /** Compresses {@link #words} into 8 words of {@code out}. The compiler keeps {@code v} and m0 to m15 out of the heap. */
  private void compress(int[] in, long counter, int length, int flags, int[] out, int at) {
    int[] m = words;
    int[] v = {in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7], IV[0], IV[1], IV[2], IV[3], (int) counter,
        (int) (counter >>> 32), length, flags};
    int m0 = m[0];
    int m1 = m[1];
    int m2 = m[2];
    int m3 = m[3];
    int m4 = m[4];
    int m5 = m[5];
    int m6 = m[6];
    int m7 = m[7];
    int m8 = m[8];
    int m9 = m[9];
    int m10 = m[10];
    int m11 = m[11];
    int m12 = m[12];
    int m13 = m[13];
    int m14 = m[14];
    int m15 = m[15];
    for (int round = 0; round < 7; round++) {
      mix(v, 0, 4, 8, 12, m0, m1);
      mix(v, 1, 5, 9, 13, m2, m3);
      mix(v, 2, 6, 10, 14, m4, m5);
      mix(v, 3, 7, 11, 15, m6, m7);
      mix(v, 0, 5, 10, 15, m8, m9);
      mix(v, 1, 6, 11, 12, m10, m11);
      mix(v, 2, 7, 8, 13, m12, m13);
      mix(v, 3, 4, 9, 14, m14, m15);
      // The permutation of the message: each word takes the place of the one before it in its cycle.
      int first = m0;
      m0 = m2;
      m2 = m3;
      m3 = m10;
      m10 = m12;
      m12 = m9;
      m9 = m11;
      m11 = m5;
      m5 = first;
      int first1 = m1;
      m1 = m6;
      m6 = m4;
      m4 = m7;
      m7 = m13;
      m13 = m14;
      m14 = m15;
      m15 = m8;
      m8 = first1;
    }
    for (int i = 0; i < CV_WORDS; i++) {
      out[at + i] = v[i] ^ v[i + CV_WORDS];
    }
  }

  private static void mix(int[] v, int a, int b, int c, int d, int x, int y) {
    v[a] += v[b] + x;
    v[d] = Integer.rotateRight(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = Integer.rotateRight(v[b] ^ v[c], 12);
    v[a] += v[b] + y;
    v[d] = Integer.rotateRight(v[d] ^ v[a], 8);
    v[c] += v[d];
    v[b] = Integer.rotateRight(v[b] ^ v[c], 7);
  }
}
