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
    Derivation derivation = file.derivation();
    DerivationType type = derivation.type();
    if (type == DerivationType.FIXED) {
      file.requireOutputs(OutputPaths.fixed(file.name(), derivation));
      DerivationHash hash = DerivationHash.ofFixedOutput(derivation);
      return new KnownDerivation(file, hash, hash.hash());
    }
    HashedInputs hashed = HashedInputs.of(derivation, inputs);
    ATermBuffer replacement = new ATermBuffer();
    hashed.write(replacement);
    ModuloText text = new ModuloText(file.aterm().toByteArray(), derivation);
    NixHash masked = text.masked(replacement, derivation);
    if (type == DerivationType.INPUT_ADDRESSED) {
      file.requireOutputs(OutputPaths.of(file.name(), derivation, masked));
    }
    return new KnownDerivation(file, DerivationHash.of(derivation, type, text.hash(replacement), hashed), masked);
  }

  public StorePath path() {
    return file.path();
  }

  public Derivation derivation() {
    return file.derivation();
  }
}
