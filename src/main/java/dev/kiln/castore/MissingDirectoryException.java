package dev.kiln.castore;

import java.io.IOException;

import dev.kiln.hash.Blake3Digest;

/** A directory is not in the store although something names it. */
public final class MissingDirectoryException extends IOException {

  private final transient Blake3Digest digest;

  public MissingDirectoryException(Blake3Digest digest) {
    super("directory " + digest + " is missing");
    this.digest = digest;
  }

  public Blake3Digest digest() {
    return digest;
  }
}
