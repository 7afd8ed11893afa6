package dev.kiln.build.fs;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;

import dev.kiln.build.StoredLog;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

/**
 * A log in zstd's seekable format (zstd: contrib/seekable_format): frames of {@value #FRAME} bytes of the log each, then, in a frame
 * that decoders skip, the sizes of all. So it is one zstd stream to who wants all of it, and a part is read without what stands before.
 */
final class CompressedLog implements StoredLog {

  /** What one frame holds, in bytes: what a reader has to decode for one byte, and to keep in memory. */
  static final int FRAME = 1 << 16;

  private static final int LEVEL = 6;
  private static final int SKIPPABLE_MAGIC = 0x184D2A5E;
  private static final int SEEKABLE_MAGIC = 0x8F92EAB1;
  private static final int HEADER = 2 * Integer.BYTES;
  private static final int FOOTER = 2 * Integer.BYTES + 1;
  private static final int ENTRY = 2 * Integer.BYTES;

  private final FileChannel file;
  private final int attempt;
  /** Where each frame begins in the file, and where the last one ends. */
  private final long[] starts;
  private final long size;
  private final byte[] frame = new byte[FRAME];
  private int decoded = -1;

  private CompressedLog(FileChannel file, int attempt, long[] starts, long size) {
    this.file = file;
    this.attempt = attempt;
    this.starts = starts;
    this.size = size;
  }

  /** Compresses {@code plain}. The file appears whole, under its name, when its bytes are durable. */
  static void write(Path plain, Path compressed) throws IOException {
    Path temporary = compressed.resolveSibling(compressed.getFileName() + ".new");
    try {
      try (InputStream in = Files.newInputStream(plain);
          FileChannel out = FileChannel.open(temporary, CREATE, TRUNCATE_EXISTING, WRITE)) {
        write(in, out);
        out.force(true);
      }
      Files.move(temporary, compressed, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void write(InputStream in, FileChannel out) throws IOException {
    List<int[]> sizes = new ArrayList<>();
    byte[] content = new byte[FRAME];
    byte[] packed = new byte[(int) Zstd.compressBound(FRAME)];
    try (ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(LEVEL).setChecksum(true)) {
      for (int length = in.readNBytes(content, 0, FRAME); length > 0; length = in.readNBytes(content, 0, FRAME)) {
        int size = zstd.compressByteArray(packed, 0, packed.length, content, 0, length);
        writeAll(out, ByteBuffer.wrap(packed, 0, size));
        sizes.add(new int[]{size, length});
      }
    }
    ByteBuffer table = ByteBuffer.allocate(HEADER + sizes.size() * ENTRY + FOOTER).order(ByteOrder.LITTLE_ENDIAN);
    table.putInt(SKIPPABLE_MAGIC).putInt(table.capacity() - HEADER);
    sizes.forEach(each -> table.putInt(each[0]).putInt(each[1]));
    table.putInt(sizes.size()).put((byte) 0).putInt(SEEKABLE_MAGIC);
    writeAll(out, table.flip());
  }

  private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  /**
   * @param file is closed with the log
   * @throws IOException it is not what {@link #write} writes
   */
  static CompressedLog open(FileChannel file, int attempt) throws IOException {
    long end = file.size();
    ByteBuffer footer = readFully(file, ByteBuffer.allocate(FOOTER), end - FOOTER);
    int frames = footer.getInt();
    long begin = end - FOOTER - (long) frames * ENTRY;
    require(footer.getInt(Integer.BYTES + 1) == SEEKABLE_MAGIC && frames >= 0 && begin >= HEADER);
    ByteBuffer table = readFully(file, ByteBuffer.allocate(frames * ENTRY), begin);
    long[] starts = new long[frames + 1];
    long size = 0;
    for (int i = 0; i < frames; i++) {
      starts[i + 1] = starts[i] + table.getInt();
      int length = table.getInt();
      require(starts[i + 1] > starts[i] && length > 0 && length <= FRAME && (length == FRAME || i == frames - 1));
      size += length;
    }
    require(starts[frames] == begin - HEADER);
    return new CompressedLog(file, attempt, starts, size);
  }

  private static void require(boolean sound) throws IOException {
    if (!sound) {
      throw new IOException("a compressed log is damaged");
    }
  }

  private static ByteBuffer readFully(FileChannel file, ByteBuffer target, long position) throws IOException {
    require(position >= 0);
    while (target.hasRemaining()) {
      if (file.read(target, position + target.position()) < 0) {
        throw new EOFException("a compressed log is cut off");
      }
    }
    return target.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    if (position >= size) {
      return -1;
    }
    int index = (int) (position / FRAME);
    int length = (int) Math.min(FRAME, size - (long) index * FRAME);
    if (decoded != index) {
      decoded = -1;
      decode(index, length);
      decoded = index;
    }
    int from = (int) (position % FRAME);
    int count = Math.min(target.remaining(), length - from);
    target.put(frame, from, count);
    return count;
  }

  private void decode(int index, int length) throws IOException {
    ByteBuffer packed = readFully(file, ByteBuffer.allocate((int) (starts[index + 1] - starts[index])), starts[index]);
    try {
      require(Zstd.decompressByteArray(frame, 0, length, packed.array(), 0, packed.limit()) == length);
    } catch (ZstdException e) {
      throw new IOException("a compressed log is damaged", e);
    }
  }

  @Override
  public Optional<FileChannel> compressed() {
    return Optional.of(file);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
