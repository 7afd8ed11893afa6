package dev.kiln.hash;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Hashes and counts what is read through it. Skipping reads. */
public final class Blake3InputStream extends FilterInputStream {

  private final Blake3 blake3 = new Blake3();
  private long count;

  public Blake3InputStream(InputStream in) {
    super(in);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int read = in.read(target, offset, length);
    if (read > 0) {
      blake3.update(target, offset, read);
      count += read;
    }
    return read;
  }

  @Override
  public long skip(long length) throws IOException {
    byte[] skipped = new byte[Math.clamp(length, 0, 8192)];
    return skipped.length == 0 ? 0 : Math.max(0, read(skipped, 0, skipped.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  /** @return of what was read since the last digest */
  public Blake3Digest digest() {
    return blake3.digest();
  }

  /** @return bytes read in all */
  public long count() {
    return count;
  }
}
