package dev.kiln.realise;

import dev.kiln.storepath.StorePath;

/** Finds out what is missing. */
public interface Planner {

  /** @param derivation a known one */
  Plan plan(StorePath derivation);
}
