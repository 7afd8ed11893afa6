package dev.kiln.derivation;

/** Bytes that are no derivation, or a derivation that contradicts itself. The message quotes the offence. */
public final class InvalidDerivation extends IllegalArgumentException {

  public InvalidDerivation(String message) {
    super(message);
  }
}
