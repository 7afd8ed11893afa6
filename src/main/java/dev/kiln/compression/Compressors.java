package dev.kiln.compression;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.GZIPOutputStream;

import com.github.luben.zstd.ZstdOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAOutputStream;
import org.tukaani.xz.XZOutputStream;

/** Compresses while something is sent, so with little time and memory for it rather than well. */
public final class Compressors {

  private static final int ZSTD_LEVEL = 3;
  private static final int BZIP2_BLOCK = 1;
  private static final long UNKNOWN_SIZE = -1;
  private static final int BUFFER = 1 << 16;

  private Compressors() {}

  /** @return whether {@link #open} can */
  public static boolean canWrite(Compression compression) {
    return compression != Compression.COMPRESS;
  }

  /**
   * Begins to compress.
   *
   * @return a stream whose end, by {@code close}, completes and closes {@code out}
   * @throws IllegalArgumentException unless {@link #canWrite}
   */
  public static OutputStream open(Compression compression, OutputStream out) throws IOException {
    return switch (compression) {
      case NONE -> out;
      case ZSTD -> new ZstdOutputStream(out, ZSTD_LEVEL);
      // with the preset that needs least: the usual one takes up to 94 MB
      case XZ -> new XZOutputStream(out, new LZMA2Options(LZMA2Options.PRESET_MIN));
      case LZMA -> new Unflushed(new LZMAOutputStream(out, new LZMA2Options(LZMA2Options.PRESET_MIN), UNKNOWN_SIZE));
      case GZIP -> new GZIPOutputStream(out, BUFFER);
      case BZIP2 -> new BZip2CompressorOutputStream(out, BZIP2_BLOCK);
      case LZ4 -> new FramedLZ4CompressorOutputStream(out);
      case LZIP -> LzipOutputStream.open(out, LZMA2Options.PRESET_MIN);
      // no library here compresses by it: what comes is valid, and longer than what is in it
      case BROTLI -> new StoredBrotliOutputStream(out);
      case COMPRESS -> throw new IllegalArgumentException("nothing here writes '" + compression.nixName() + "'");
    };
  }

  /** The format of lzma cannot be flushed in the middle; its library says so by an exception. */
  private static final class Unflushed extends FilterOutputStream {

    Unflushed(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void flush() {}

    /** Closes without the flush that {@link FilterOutputStream} begins with. */
    @Override
    public void close() throws IOException {
      out.close();
    }
  }
}
