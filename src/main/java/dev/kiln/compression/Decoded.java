package dev.kiln.compression;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** What a decoder makes of a file, to the file's very end. */
final class Decoded extends InputStream {

  private final Compression compression;
  private final InputStream decoder;
  private final InputStream file;
  private final Closeable share;

  Decoded(Compression compression, InputStream decoder, InputStream file, Closeable share) {
    this.compression = compression;
    this.decoder = decoder;
    this.file = file;
    this.share = share;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  // Decoders are written for files of good will: what a hostile one makes them throw besides IOException is all the same here.
  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read;
    try {
      read = decoder.read(bytes, offset, length);
      if (read < 0 && file.read() >= 0) {
        throw new IOException("bytes follow after its end");
      }
    } catch (IOException | RuntimeException e) {
      throw invalid(compression, e);
    }
    return read;
  }

  static InvalidCompression invalid(Compression compression, Exception e) {
    if (e instanceof InvalidCompression invalid) {
      return invalid;
    }
    String offence = e instanceof EOFException ? "it ends early" : String.valueOf(e.getMessage());
    return new InvalidCompression("not '" + compression.nixName() + "': " + offence, e);
  }

  @Override
  public void close() throws IOException {
    try (share) {
      decoder.close();
    }
  }
}
