package dev.kiln.storepath;

/** A text that is no store path, name or content address. The message quotes it and says why. */
public final class InvalidStorePath extends IllegalArgumentException {

  public InvalidStorePath(String message) {
    super(message);
  }
}
