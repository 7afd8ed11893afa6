package dev.kiln.hash;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import static dev.kiln.hash.Blake3Compression.BLOCK_LENGTH;
import static dev.kiln.hash.Blake3Compression.CHUNK_END;
import static dev.kiln.hash.Blake3Compression.CHUNK_LENGTH;
import static dev.kiln.hash.Blake3Compression.CHUNK_START;
import static dev.kiln.hash.Blake3Compression.CV_LENGTH;
import static dev.kiln.hash.Blake3Compression.LITTLE_ENDIAN;
import static dev.kiln.hash.Blake3Compression.PARENT;
import static dev.kiln.hash.Blake3Compression.ROOT;

/**
 * BLAKE3 with a digest of 256 bits, without key or context (BLAKE3 paper, section 2). Takes input of any length in any
 * pieces, in constant memory; pieces of 64 KiB and more are the fastest. Used by one thread at a time.
 */
public final class Blake3 {

  /** Fewer bytes at once are not worth lanes. */
  private static final int LARGE = 8 * CHUNK_LENGTH;

  private final Blake3Lanes.Source source;
  private @Nullable Blake3Lanes lanes;
  private byte[] laneCvs = new byte[0];

  /** Chaining values of the complete subtrees to the left, the largest first. */
  private byte[] stack = new byte[8 * CV_LENGTH];
  private int depth;

  private final int[] parent = new int[CV_LENGTH / Integer.BYTES];

  private final int[] cv = Blake3Compression.initial();
  /** The number of the current chunk. */
  private long chunk;
  /** Bytes of the current chunk that are compressed already. */
  private int chunkLength;

  /** The last block is kept back until it is known whether it ends all: that changes how it is compressed. */
  private final byte[] block = new byte[BLOCK_LENGTH];
  private int blockLength;

  public Blake3() {
    this(Blake3Trial::winner);
  }

  Blake3(Blake3Lanes.Source source) {
    this.source = source;
  }

  public static Blake3Digest of(byte[] content) {
    return of(content, 0, content.length);
  }

  public static Blake3Digest of(byte[] content, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, content.length);
    if (length <= CHUNK_LENGTH) {
      return ofChunk(content, offset, length);
    }
    Blake3 blake3 = new Blake3();
    blake3.update(content, offset, length);
    return blake3.digest();
  }

  /** Most files are as small as this: no tree, and next to no memory. */
  private static Blake3Digest ofChunk(byte[] content, int offset, int length) {
    int[] cv = Blake3Compression.initial();
    int flags = CHUNK_START;
    int at = offset;
    int left = length;
    for (; left > BLOCK_LENGTH; left -= BLOCK_LENGTH) {
      Blake3Compression.compress(cv, content, at, 0, BLOCK_LENGTH, flags);
      at += BLOCK_LENGTH;
      flags = 0;
    }
    flags |= CHUNK_END | ROOT;
    if (left == BLOCK_LENGTH) {
      Blake3Compression.compress(cv, content, at, 0, left, flags);
    } else {
      byte[] padded = new byte[BLOCK_LENGTH];
      System.arraycopy(content, at, padded, 0, left);
      Blake3Compression.compress(cv, padded, 0, 0, left, flags);
    }
    return digest(cv);
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
      int left = end - at;
      if (blockLength > 0 || left <= BLOCK_LENGTH) {
        int taken = Math.min(BLOCK_LENGTH - blockLength, left);
        System.arraycopy(input, at, block, blockLength, taken);
        blockLength += taken;
        at += taken;
        continue;
      }
      int taken = chunkLength == 0 && left >= LARGE ? compressSubtrees(input, at, left) : 0;
      if (taken == 0) {
        compressBlock(input, at);
        taken = BLOCK_LENGTH;
      }
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
    byte[] piece = new byte[Math.min(input.remaining(), 64 * CHUNK_LENGTH)];
    while (input.hasRemaining()) {
      int length = Math.min(piece.length, input.remaining());
      input.get(piece, 0, length);
      update(piece, 0, length);
    }
  }

  /** @return of all that was given since the last digest; the next input begins a new one */
  public Blake3Digest digest() {
    if (chunk == 0) {
      finishChunk(ROOT);
    } else {
      if (chunkLength + blockLength > 0) {
        finishChunk(0);
        mergeComplete();
        stack(cv);
      }
      while (depth > 1) {
        merge(depth == 2 ? ROOT : 0);
      }
    }
    Blake3Digest digest = digest(chunk == 0 ? cv : parent);
    depth = 0;
    chunk = 0;
    blockLength = 0;
    beginChunk();
    return digest;
  }

  private void finishChunk(int flags) {
    Arrays.fill(block, blockLength, BLOCK_LENGTH, (byte) 0);
    int start = chunkLength == 0 ? CHUNK_START : 0;
    Blake3Compression.compress(cv, block, 0, chunk, blockLength, start | CHUNK_END | flags);
  }

  private void compressBlock(byte[] input, int at) {
    int flags = chunkLength == 0 ? CHUNK_START : 0;
    chunkLength += BLOCK_LENGTH;
    if (chunkLength < CHUNK_LENGTH) {
      Blake3Compression.compress(cv, input, at, chunk, BLOCK_LENGTH, flags);
      return;
    }
    Blake3Compression.compress(cv, input, at, chunk, BLOCK_LENGTH, CHUNK_END);
    mergeComplete();
    stack(cv);
    chunk++;
    beginChunk();
  }

  /** Takes as much as goes into all lanes at once. @return bytes taken; 0 if there are no lanes for {@code length} bytes */
  private int compressSubtrees(byte[] input, int at, int length) {
    if (lanes == null) {
      lanes = source.get();
      if (lanes == null) {
        return 0;
      }
      laneCvs = new byte[lanes.count() * CV_LENGTH];
    }
    int rows = length / (lanes.count() * CHUNK_LENGTH);
    if (rows == 0) {
      return 0;
    }
    int log = Math.min(31 - Integer.numberOfLeadingZeros(rows), Blake3Lanes.MAX_LOG);
    log = Math.min(log, Long.numberOfTrailingZeros(chunk));
    lanes.compress(input, at, chunk, log, laneCvs);
    for (int lane = 0; lane < lanes.count(); lane++) {
      mergeComplete();
      int entry = newEntry();
      System.arraycopy(laneCvs, lane * CV_LENGTH, stack, entry, CV_LENGTH);
      chunk += 1L << log;
    }
    return lanes.count() * CHUNK_LENGTH << log;
  }

  /** What was complete is merged only when more follows: only then is it known not to be the root. */
  private void mergeComplete() {
    while (depth > Long.bitCount(chunk)) {
      merge(0);
    }
  }

  /** Puts the parent of the last two subtrees in their place. */
  private void merge(int flags) {
    depth -= 2;
    Blake3Compression.reset(parent);
    Blake3Compression.compress(parent, stack, depth * CV_LENGTH, 0, BLOCK_LENGTH, PARENT | flags);
    stack(parent);
  }

  private void stack(int[] words) {
    int at = newEntry();
    for (int word : words) {
      LITTLE_ENDIAN.set(stack, at, word);
      at += Integer.BYTES;
    }
  }

  /** @return where it is in {@link #stack}, which may be another array from here on */
  private int newEntry() {
    int at = depth * CV_LENGTH;
    if (at == stack.length) {
      stack = Arrays.copyOf(stack, stack.length * 2);
    }
    depth++;
    return at;
  }

  private void beginChunk() {
    Blake3Compression.reset(cv);
    chunkLength = 0;
  }

  /** A digest's words are little-endian, the components of a {@link Blake3Digest} are not. */
  private static Blake3Digest digest(int[] cv) {
    return new Blake3Digest(bigEndian(cv, 0), bigEndian(cv, 2), bigEndian(cv, 4), bigEndian(cv, 6));
  }

  private static long bigEndian(int[] cv, int at) {
    return (long) Integer.reverseBytes(cv[at]) << 32 | Integer.reverseBytes(cv[at + 1]) & 0xFFFFFFFFL;
  }
}
