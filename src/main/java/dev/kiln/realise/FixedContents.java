package dev.kiln.realise;

import java.util.List;

import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** Finds fixed outputs that need no build. */
public interface FixedContents {

  /**
   * A fixed output that is not here, but its content is.
   *
   * @param twin a path with the same content address, and without references
   */
  record Twin(StorePath derivation, StorePath output, StorePathHash twin) {}

  /** @return those among the outputs of {@code derivation}, a known one, and of all that it needs and that is not here */
  List<Twin> twins(StorePath derivation);
}
