package dev.kiln.realisation;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

import dev.kiln.pathinfo.MissingReferenceException;

/**
 * The outputs whose paths are known and here: those that were recorded, and those whose derivation is known and states the path.
 */
public interface RealisedOutputs {

  Optional<RealisedOutput> find(OutputId id);

  /** @return those of {@code ids} that are realised, and all that they depend on, directly or not, in no particular order */
  List<RealisedOutput> closure(Collection<OutputId> ids);

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
