package dev.kiln.binarycache;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

import org.springframework.util.unit.DataSize;

import dev.kiln.binarycache.UploadException.TooLarge;

/** A NAR that is not read beyond what it may have: a small file may expand to any size. */
final class BoundedNar extends FilterInputStream {

  private final UploadBody file;
  private final UploadProperties properties;
  private long count;

  BoundedNar(InputStream nar, UploadBody file, UploadProperties properties) {
    super(nar);
    this.file = file;
    this.properties = properties;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read = in.read(bytes, offset, length);
    count += Math.max(0, read);
    require(count <= properties.maxNarSize().toBytes(), properties.maxNarSize(), "kiln.cache.max-nar-size");
    require(
        count <= properties.freeNarSize().toBytes() || count / properties.maxNarRatio() <= file.count(),
        properties.freeNarSize(),
        "kiln.cache.free-nar-size, and more than " + properties.maxNarRatio() + " times its file");
    return read;
  }

  @Override
  public long skip(long n) {
    throw new UnsupportedOperationException("NARs are read, not skipped");
  }

  private static void require(boolean fits, DataSize limit, String name) {
    if (!fits) {
      throw new TooLarge("the NAR is larger than " + limit.toMegabytes() + " MB, which is " + name);
    }
  }
}
