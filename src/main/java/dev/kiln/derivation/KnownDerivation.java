package dev.kiln.derivation;

import dev.kiln.storepath.StorePath;

/**
 * A derivation that was verified: its name fits its bytes, its outputs are those that follow from it, and all of its input
 * derivations are known.
 *
 * @param hash what stands for it in the hashes of derivations that need it
 */
public record KnownDerivation(DerivationFile file, DerivationHash hash) {

  public StorePath path() {
    return file.path();
  }

  public Derivation derivation() {
    return file.derivation();
  }
}
