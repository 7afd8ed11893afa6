package dev.kiln.realise;

import java.util.List;
import java.util.Set;
import java.util.SortedSet;

import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/**
 * What has to be built before a derivation's outputs are here.
 *
 * @param steps the derivation and all that it needs and that is not here, in no particular order
 * @param missingSources what can only be given, not built
 * @param fetches whether an output of one of the steps is fixed: it may be here under another path
 */
public record Plan(List<Step> steps, SortedSet<StorePath> missingSources, boolean fetches) {

  /** @param waitsFor the steps that have to be done before */
  public record Step(StorePath derivation, Set<StorePathHash> waitsFor) {}
}
