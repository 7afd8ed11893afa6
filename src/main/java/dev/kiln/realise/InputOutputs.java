package dev.kiln.realise;

import java.util.List;
import java.util.Optional;

import dev.kiln.realisation.OutputId;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** What derivations want of their input derivations. */
public interface InputOutputs {

  /**
   * An output that is wanted.
   *
   * @param derivation that has it
   * @param path where it is known, because {@code derivation} states it or it was realised
   */
  record InputOutput(StorePath derivation, OutputId id, Optional<StorePath> path) {}

  List<InputOutput> of(StorePathHash derivation);
}
