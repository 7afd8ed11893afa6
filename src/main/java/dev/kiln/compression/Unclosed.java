package dev.kiln.compression;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream that belongs to someone else, and that fills the buffer it is asked to fill. */
final class Unclosed extends FilterInputStream {

  Unclosed(InputStream in) {
    super(in);
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read = in.readNBytes(bytes, offset, length);
    return read == 0 && length > 0 ? -1 : read;
  }

  @Override
  public void close() {
    // not ours
  }
}
