package dev.kiln.build;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

import dev.kiln.pathinfo.PathInfo;

/**
 * What became of a build.
 *
 * @param outputs by name, all of the derivation's, to be registered together
 */
public record BuildResult(SortedMap<String, PathInfo> outputs, BuildMeasures measures) {

  public BuildResult { outputs = Collections.unmodifiableSortedMap(new TreeMap<>(outputs)); }

  /** Of a build that was not measured. */
  public BuildResult(SortedMap<String, PathInfo> outputs) {
    this(outputs, BuildMeasures.NONE);
  }
}
