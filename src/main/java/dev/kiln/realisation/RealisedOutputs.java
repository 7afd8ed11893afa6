package dev.kiln.realisation;

import java.util.Collection;
import java.util.Optional;
import java.util.SortedMap;

import dev.kiln.pathinfo.MissingReferenceException;
import dev.kiln.storepath.StorePath;

/**
 * The outputs whose paths are known and here: those that were recorded, and those whose derivation is known and states the path.
 */
public interface RealisedOutputs {

  Optional<RealisedOutput> find(OutputId id);

  /** @return the paths of those of {@code ids} that are realised, and of all that they depend on, directly or not */
  SortedMap<OutputId, StorePath> closure(Collection<OutputId> ids);

  /**
   * Records an output. Who comes first wins: one that is realised keeps its path; with the same path it gains the signatures that
   * are new, and the dependencies if it had none.
   *
   * @return what is kept, which has another path if someone else was first
   * @throws MissingReferenceException the path is not here
   * @throws InvalidRealisation a dependency is not realised, or with another path
   */
  RealisedOutput register(RealisedOutput output);
}
