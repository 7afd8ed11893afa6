package dev.kiln.castore;

import java.io.IOException;

import dev.kiln.hash.Blake3Digest;

/** A blob is not in the store although something names it. */
public final class MissingBlobException extends IOException {

  private final transient Blake3Digest digest;

  public MissingBlobException(Blake3Digest digest) {
    super("blob " + digest + " is missing");
    this.digest = digest;
  }

  public Blake3Digest digest() {
    return digest;
  }
}
