package dev.kiln.derivation;

import org.jspecify.annotations.Nullable;

import dev.kiln.storepath.StorePath;

/** The hashes of derivations that are known already. */
@FunctionalInterface
public interface InputHashes {

  /** @return of the derivation at this path, or null if it is not known */
  @Nullable
  DerivationHash find(StorePath derivation);
}
