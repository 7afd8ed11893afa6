package dev.kiln.nar;

import java.io.InputStream;
import java.util.Arrays;

/** So many zeros. */
final class Zeros extends InputStream {

  private long remaining;

  Zeros(long length) {
    remaining = length;
  }

  @Override
  public int read() {
    return remaining-- > 0 ? 0 : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    int read = (int) Math.min(length, remaining);
    Arrays.fill(target, offset, offset + read, (byte) 0);
    remaining -= read;
    return read == 0 && length > 0 ? -1 : read;
  }
}
