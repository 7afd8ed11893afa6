package dev.kiln.build;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

import dev.kiln.pathinfo.PathInfo;

/** @param outputs by name, all of the derivation's, to be registered together */
public record BuildResult(SortedMap<String, PathInfo> outputs) {

  public BuildResult { outputs = Collections.unmodifiableSortedMap(new TreeMap<>(outputs)); }
}
