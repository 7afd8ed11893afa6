package dev.kiln.hash;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;

/** Passes bytes on, counts them and takes their digest. Closing it closes the stream below. */
public final class HashingOutputStream extends FilterOutputStream {

  private final HashAlgorithm algorithm;
  private final MessageDigest digest;
  private long count;

  public HashingOutputStream(OutputStream out, HashAlgorithm algorithm) {
    super(out);
    this.algorithm = algorithm;
    this.digest = algorithm.newDigest();
  }

  @Override
  public void write(int b) throws IOException {
    out.write(b);
    digest.update((byte) b);
    count++;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    out.write(bytes, offset, length);
    digest.update(bytes, offset, length);
    count += length;
  }

  /** @return bytes written so far */
  public long count() {
    return count;
  }

  /** @return of the bytes written so far; to be asked once, at the end */
  public NixHash hash() {
    return NixHash.finish(algorithm, digest);
  }
}
