package dev.kiln.binarycache;

/** A text is no narinfo. The message quotes the line. */
public final class InvalidNarInfo extends IllegalArgumentException {

  public InvalidNarInfo(String message) {
    super(message);
  }
}
