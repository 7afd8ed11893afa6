package dev.kiln.build;

import java.util.Set;

import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/**
 * A build that is wanted.
 *
 * @param inputs derivations that have to be built before
 * @param height how many of the builds that are wanted with it wait for it, one after the other
 */
public record BuildOrder(StorePath derivation, Set<StorePathHash> inputs, int height) {

  public BuildOrder { inputs = Set.copyOf(inputs); }
}
