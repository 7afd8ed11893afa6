package dev.kiln.castore;

/** A name, target, directory or encoding that castore does not allow. The message quotes it and says why. */
public final class InvalidCastore extends IllegalArgumentException {

  public InvalidCastore(String message) {
    super(message);
  }
}
