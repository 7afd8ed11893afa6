package dev.kiln.derivation;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import dev.kiln.hash.NixHash;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** The derivations that are known. Whatever derivation a known one needs is known as well. */
public interface Derivations {

  Optional<KnownDerivation> find(StorePathHash derivation);

  /** @return the known ones of {@code derivations}, with what stands for each in the hashes of others */
  Map<StorePathHash, DerivationHash> hashes(Collection<StorePathHash> derivations);

  /** @return the derivations that promise {@code output}, oldest first: several can promise one fixed output */
  List<StorePath> producersOf(StorePath output);

  /** @return the output of a known derivation that has this hash, here or not */
  Optional<StorePath> findOutput(StorePathHash output);

  /** @return one of the derivations that this stands for in the names of realisations; their outputs are the same */
  Optional<StorePath> findByOutputHash(NixHash outputHash);

  /** @return of those of {@code derivations} that are known, all outputs by name; without a path where only a build tells it */
  Map<StorePathHash, Map<String, Optional<StorePath>>> outputs(Collection<StorePathHash> derivations);

  /** @return {@code derivation}, if it is known, and all that it needs, directly or not, in no particular order */
  List<StorePath> closure(StorePathHash derivation);

  /** @return which of {@code derivations} are known */
  Set<StorePathHash> known(Collection<StorePathHash> derivations);

  /**
   * Makes derivations known, all or none. One that is known already stays as it is. Memory does not grow with them.
   *
   * @return how many were new
   */
  int register(VerifiedDerivations derivations);

  /** As {@link #register(VerifiedDerivations)}. */
  default int register(Collection<KnownDerivation> derivations) {
    return register(VerifiedDerivations.of(derivations));
  }
}
