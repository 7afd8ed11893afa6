package dev.kiln.nar;

import java.io.OutputStream;
import java.security.MessageDigest;

/** Hashes what is written to it, and forgets it. */
final class HashingSink extends OutputStream {

  private final MessageDigest digest;

  HashingSink(MessageDigest digest) {
    this.digest = digest;
  }

  @Override
  public void write(int value) {
    digest.update((byte) value);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    digest.update(bytes, offset, length);
  }

  byte[] digest() {
    return digest.digest();
  }
}
