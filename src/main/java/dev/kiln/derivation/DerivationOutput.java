package dev.kiln.derivation;

import java.util.Optional;

import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;

/** What a derivation says of one of its outputs (Nix: derivations.hh, DerivationOutput). */
public sealed interface DerivationOutput {

  /** @return the path, if the derivation states it */
  default Optional<StorePath> statedPath() {
    return switch (this) {
      case InputAddressed(StorePath path) -> Optional.of(path);
      case Fixed(StorePath path, _, _) -> Optional.of(path);
      case Floating _,Deferred _ -> Optional.empty();
    };
  }

  /** The path follows from the derivation. */
  record InputAddressed(StorePath path) implements DerivationOutput {}

  /** The path follows from the content, which is known beforehand. */
  record Fixed(StorePath path, IngestionMethod method, NixHash hash) implements DerivationOutput {}

  /** The path follows from the content, which the build will tell (ca-derivations). */
  record Floating(IngestionMethod method, HashAlgorithm algorithm) implements DerivationOutput {}

  /** The path follows from the derivation, once its floating inputs are known (ca-derivations). */
  record Deferred() implements DerivationOutput {}
}
