package dev.kiln.hash;

/** A text or a number of bytes that is no hash. The message quotes it. */
public final class InvalidHash extends IllegalArgumentException {

  public InvalidHash(String message) {
    super(message);
  }
}
