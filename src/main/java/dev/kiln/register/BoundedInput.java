package dev.kiln.register;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

import org.springframework.util.unit.DataSize;

import dev.kiln.register.RegisterException.TooLarge;

/** A stream that is not read beyond a limit. */
final class BoundedInput extends FilterInputStream {

  private final String what;
  private final DataSize limit;
  private long left;

  /** @param what is being read, for the message */
  BoundedInput(InputStream in, String what, DataSize limit) {
    super(in);
    this.what = what;
    this.limit = limit;
    this.left = limit.toBytes();
  }

  @Override
  public int read() throws IOException {
    int value = super.read();
    if (value >= 0) {
      count(1);
    }
    return value;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read = super.read(bytes, offset, length);
    count(Math.max(0, read));
    return read;
  }

  @Override
  public long skip(long n) throws IOException {
    long skipped = super.skip(n);
    count(skipped);
    return skipped;
  }

  private void count(long bytes) {
    left -= bytes;
    if (left < 0) {
      throw new TooLarge(what + " is larger than " + limit.toMegabytes() + " MB, which is the limit");
    }
  }
}
