package dev.kiln.register;

import java.util.SortedSet;

import dev.kiln.storepath.StorePath;

/** Why derivations or sources were not taken in. The message says it in a sentence that is fit for users. Nothing was kept. */
public sealed abstract class RegisterException extends RuntimeException {

  private RegisterException(String message) {
    super(message);
  }

  /** What was sent is well-formed, but not what it says it is, or not what Nix allows. */
  public static final class InvalidContent extends RegisterException {
    public InvalidContent(String message) {
      super(message);
    }
  }

  /** Derivations need others that are neither known nor in the same request. */
  public static final class UnknownInputs extends RegisterException {

    private final transient SortedSet<StorePath> inputs;

    public UnknownInputs(SortedSet<StorePath> inputs) {
      super((inputs.size() == 1 ? "an input derivation is" : inputs.size() + " input derivations are")
          + " neither known nor in this request, such as '" + inputs.first() + "'");
      this.inputs = inputs;
    }

    public SortedSet<StorePath> inputs() {
      return inputs;
    }
  }

  /** More was sent than Kiln takes at once. */
  public static final class TooLarge extends RegisterException {
    public TooLarge(String message) {
      super(message);
    }
  }
}
