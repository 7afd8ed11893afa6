package dev.kiln.realise;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

import dev.kiln.build.BuildRequest;
import dev.kiln.pathinfo.PathInfo;

/**
 * What was built, and how to build it again.
 *
 * @param request of the derivation that is built in the other's place, where there is such a one
 * @param stored the outputs that are here, by name: all of the derivation's
 */
public record Rebuild(BuildRequest request, SortedMap<String, PathInfo> stored) {

  public Rebuild { stored = Collections.unmodifiableSortedMap(new TreeMap<>(stored)); }
}
