package dev.kiln.realisation;

import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.InvalidHash;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.StorePathName;

/**
 * Names an output of whatever derivations have one hash, and so the same outputs (Nix: realisation.hh, DrvOutput). Ordered as its
 * text is.
 *
 * @param derivation SHA-256 that stands for the derivation (Nix: staticOutputHashes)
 */
public record OutputId(NixHash derivation, String output) implements Comparable<OutputId> {

  private static final char SEPARATOR = '!';

  /** @throws InvalidRealisation if no output can have this name */
  public OutputId {
    if (derivation.algorithm() != HashAlgorithm.SHA256) {
      throw new InvalidRealisation("a derivation is named by its SHA-256, not by '" + derivation + "'");
    }
    if (output.isEmpty() || output.length() > StorePathName.MAX_LENGTH || !StorePathName.isAllowed(output)) {
      throw new InvalidRealisation("'" + output + "' cannot be the name of an output");
    }
  }

  /**
   * @param text {@code sha256:<base16>!<output>}
   * @throws InvalidRealisation if it is not of that form
   */
  public static OutputId parse(String text) {
    int separator = text.indexOf(SEPARATOR);
    if (separator >= 0) {
      try {
        OutputId id = new OutputId(NixHash.parse(text.substring(0, separator)), text.substring(separator + 1));
        if (id.toString().equals(text)) {
          return id;
        }
      } catch (InvalidHash _) {
        // said below
      }
    }
    throw new InvalidRealisation("'" + text + "' is not of the form sha256:<64 digits of base16>!<output>");
  }

  @Override
  public int compareTo(OutputId other) {
    int order = derivation.value().compareTo(other.derivation.value());
    return order != 0 ? order : output.compareTo(other.output);
  }

  /** @return {@code sha256:<base16>!<output>} */
  @Override
  public String toString() {
    return derivation.prefixedBase16() + SEPARATOR + output;
  }
}
