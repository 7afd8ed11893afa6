package dev.kiln.derivation;

/** How a derivation's output paths come about; the same for all of its outputs (Nix: derivations.hh, DerivationType). */
public enum DerivationType {
  /** They follow from the derivation. */
  INPUT_ADDRESSED,
  /** There is one, {@code out}, and it follows from its content's hash, which the derivation states. */
  FIXED,
  /** They follow from what the build writes. */
  FLOATING,
  /** They follow from the derivation once its floating inputs are built. */
  DEFERRED
}
