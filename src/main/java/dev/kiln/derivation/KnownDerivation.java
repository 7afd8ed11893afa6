package dev.kiln.derivation;

import dev.kiln.hash.NixHash;
import dev.kiln.storepath.StorePath;

/**
 * A derivation that was verified: its name fits its bytes, its outputs are those that follow from it, and all of its input
 * derivations are known.
 *
 * @param hash what stands for it in the hashes of derivations that need it
 * @param outputHash what stands for it in the names of its outputs' realisations: a SHA-256
 */
public record KnownDerivation(DerivationFile file, DerivationHash hash, NixHash outputHash) {

  /**
   * Verifies a derivation.
   *
   * @throws InvalidDerivation as {@link DerivationFile#verify} does
   */
  public static KnownDerivation verified(DerivationFile file, InputHashes inputs) {
    DerivationHash hash = file.verify(inputs);
    return new KnownDerivation(file, hash, DerivationHash.ofOutputs(file.derivation(), inputs));
  }

  public StorePath path() {
    return file.path();
  }

  public Derivation derivation() {
    return file.derivation();
  }
}
