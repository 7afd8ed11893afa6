package dev.kiln.nar;

import java.io.IOException;

/** Bytes that are not a NAR as Nix writes it. The message quotes the offence. */
public final class InvalidNar extends IOException {

  private final long offset;

  InvalidNar(long offset, String offence) {
    super("NAR, byte " + offset + ": " + offence);
    this.offset = offset;
  }

  InvalidNar(long offset, IllegalArgumentException cause) {
    super("NAR, byte " + offset + ": " + cause.getMessage(), cause);
    this.offset = offset;
  }

  /** @return where it was noticed, in bytes from the beginning */
  public long offset() {
    return offset;
  }
}
