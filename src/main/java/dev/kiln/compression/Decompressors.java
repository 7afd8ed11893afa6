package dev.kiln.compression;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;
import org.apache.commons.compress.compressors.z.ZCompressorInputStream;
import org.brotli.dec.BrotliInputStream;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.MemoryLimitException;
import org.tukaani.xz.XZInputStream;

import dev.kiln.compression.DecoderMemory.Share;

/**
 * Undoes compressions. Streams that follow each other in one file are read as one, as parallel compressors write them; anything
 * else after the end is refused.
 */
public final class Decompressors {

  /** What a head may have: those of xz are the longest. */
  private static final int MAX_HEAD = 4096;
  private static final int LZMA_HEAD = 13;
  private static final int BUFFER = 1 << 16;
  /** A block of 900 kB takes four bytes each and its own size again. */
  private static final int BZIP2_MEMORY = 5_000;
  /** The largest window, and as much again while it grows. */
  private static final int BROTLI_MEMORY = 32_768;
  /** The largest block, as it comes and as it is, and the one before it. */
  private static final int LZ4_MEMORY = 12_288;
  /** As the base 2 logarithm; more than {@code zstd --ultra -22} asks for. Windows lie outside the heap. */
  private static final int ZSTD_MAX_WINDOW = 27;
  private static final int COMPRESS_MEMORY = 1_024;

  private final DecoderMemory memory;

  /**
   * @param memory of the heap for all decoders together, in KiB
   * @param patience how long a decoder waits for memory that others use
   */
  public Decompressors(int memory, Duration patience) {
    this.memory = new DecoderMemory(memory, patience);
  }

  /**
   * Undoes {@code compression}. What cannot be decompressed is an {@link InvalidCompression} here or while it is read.
   *
   * @param in is left open, and read to its end by whoever reads the result to its end
   * @return to be closed, which gives memory back
   */
  public InputStream open(Compression compression, InputStream in) throws IOException {
    BufferedInputStream file = new BufferedInputStream(new Unclosed(in), BUFFER);
    Share share = memory.nothing();
    try {
      share = memory.take("'" + compression.nixName() + "'", memoryOf(compression, file));
      return new Decoded(compression, decoder(compression, file, share.size()), file, share);
    } catch (IOException | RuntimeException e) {
      share.close();
      throw Decoded.invalid(compression, e);
    }
  }

  /** @return in KiB, of the heap */
  private static int memoryOf(Compression compression, BufferedInputStream file) throws IOException {
    return switch (compression) {
      case NONE, GZIP, ZSTD -> 0;
      case XZ -> announced(file, () -> memoryOfXz(file));
      case LZMA -> announced(file, () -> memoryOfLzma(file));
      case LZIP -> announced(file, () -> LzipInputStream.memory(file));
      case BZIP2 -> BZIP2_MEMORY;
      case BROTLI -> BROTLI_MEMORY;
      case LZ4 -> LZ4_MEMORY;
      case COMPRESS -> COMPRESS_MEMORY;
    };
  }

  private interface Head {
    /** @return in KiB */
    int memory() throws IOException;
  }

  private static int announced(BufferedInputStream file, Head head) throws IOException {
    file.mark(MAX_HEAD);
    try {
      return head.memory();
    } finally {
      file.reset();
    }
  }

  /** A decoder that may have no memory says how much it wants. */
  private static int memoryOfXz(InputStream file) throws IOException {
    try {
      // nothing is left open: it has read a head
      return Math.max(1, new XZInputStream(file, 0).read());
    } catch (MemoryLimitException e) {
      return Math.max(1, e.getMemoryNeeded());
    }
  }

  private static int memoryOfLzma(InputStream file) throws IOException {
    byte[] head = file.readNBytes(LZMA_HEAD);
    if (head.length < LZMA_HEAD) {
      throw new EOFException();
    }
    int dictionary = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getInt(1);
    return LZMAInputStream.getMemoryUsage(dictionary, head[0]);
  }

  private static InputStream decoder(Compression compression, BufferedInputStream file, int kibibytes)
      throws IOException {
    return switch (compression) {
      case NONE -> file;
      case XZ -> new XZInputStream(file, kibibytes);
      case ZSTD -> new ZstdInputStreamNoFinalizer(file).setLongMax(ZSTD_MAX_WINDOW);
      case BZIP2 -> new BZip2CompressorInputStream(file, true);
      case GZIP -> GzipCompressorInputStream.builder().setInputStream(file).setDecompressConcatenated(true).get();
      case BROTLI -> new BrotliInputStream(file, BUFFER);
      case LZ4 -> new FramedLZ4CompressorInputStream(file, true);
      case LZIP -> new LzipInputStream(file);
      case LZMA -> new LZMAInputStream(file);
      case COMPRESS -> new ZCompressorInputStream(file, COMPRESS_MEMORY);
    };
  }
}
