package dev.kiln.castore;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;

/** Gives some bytes and then fails, as a connection does that is cut. */
public final class BrokenStream extends FilterInputStream {

  public BrokenStream(byte[] before) {
    super(new ByteArrayInputStream(before));
  }

  @Override
  public int read() throws IOException {
    return failAtEnd(super.read());
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    return failAtEnd(super.read(target, offset, length));
  }

  private static int failAtEnd(int read) throws IOException {
    if (read < 0) {
      throw new IOException("connection reset");
    }
    return read;
  }
}
