package dev.kiln.build;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** What is unpacked, which ends the build when it becomes too much: a small file may expand to any size. */
public final class Bounded extends FilterInputStream {

  private final long limit;
  private long count;

  /** @param limit in bytes */
  public Bounded(InputStream in, long limit) {
    super(in);
    this.limit = limit;
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
    if (count > limit) {
      throw new BuildException.LimitExceeded(
          "what is unpacked has more than " + limit + " bytes (kiln.build.limits.output)");
    }
    return read;
  }

  @Override
  public long skip(long n) {
    throw new UnsupportedOperationException("what is unpacked is read, not skipped");
  }
}
