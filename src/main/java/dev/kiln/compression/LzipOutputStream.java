package dev.kiln.compression;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;

import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAOutputStream;

/** Writes a file of lzip, of one member: a head, a stream of LZMA with its end marked, and a tail (lzip's manual, "File format"). */
final class LzipOutputStream extends FilterOutputStream {

  private static final byte[] MAGIC_AND_VERSION = {'L', 'Z', 'I', 'P', 1};
  private static final int TAIL = Integer.BYTES + 2 * Long.BYTES;

  private final Counted counted;
  private final LZMAOutputStream lzma;
  private final CRC32 checksum = new CRC32();
  private long size;
  private boolean closed;

  private LzipOutputStream(Counted counted, LZMAOutputStream lzma) {
    super(lzma);
    this.counted = counted;
    this.lzma = lzma;
  }

  /** @param preset of xz: how hard it tries, and how much memory it takes; its dictionary is a power of two */
  static LzipOutputStream open(OutputStream out, int preset) throws IOException {
    LZMA2Options options = new LZMA2Options(preset);
    Counted counted = new Counted(out);
    counted.write(MAGIC_AND_VERSION);
    counted.write(Integer.numberOfTrailingZeros(options.getDictSize()));
    return new LzipOutputStream(counted, new LZMAOutputStream(counted, options, true));
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[]{(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    lzma.write(bytes, offset, length);
    checksum.update(bytes, offset, length);
    size += length;
  }

  /** Does nothing: the format cannot be flushed in the middle. */
  @Override
  public void flush() {}

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      lzma.finish();
      counted.write(ByteBuffer.allocate(TAIL).order(ByteOrder.LITTLE_ENDIAN).putInt((int) checksum.getValue())
          .putLong(size).putLong(counted.count + TAIL).array());
      counted.close();
    }
  }

  private static final class Counted extends FilterOutputStream {

    private long count;

    Counted(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
      count++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      count += length;
    }
  }
}
