package dev.kiln.realisation;

/** Something is no realisation, nor the name of one. The message quotes it. */
public final class InvalidRealisation extends RuntimeException {

  public InvalidRealisation(String message) {
    super(message);
  }
}
