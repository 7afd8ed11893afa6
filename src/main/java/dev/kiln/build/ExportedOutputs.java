package dev.kiln.build;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.StorePath;

/**
 * What {@code exportReferencesGraph} can tell of the outputs of derivations that a builder has as inputs. The builder does not
 * see the outputs themselves.
 *
 * @param outputs by derivation in the input closure, then by name; without a path where only a build tells it
 * @param infos of those outputs that are here, and of all that they refer to
 */
public record ExportedOutputs(SortedMap<StorePath, Map<String, Optional<StorePath>>> outputs,
    SortedMap<StorePath, PathInfo> infos) {

  public static final ExportedOutputs NONE = new ExportedOutputs(Collections.emptySortedMap(),
      Collections.emptySortedMap());

  public ExportedOutputs {
    outputs = Collections.unmodifiableSortedMap(new TreeMap<>(outputs));
    infos = Collections.unmodifiableSortedMap(new TreeMap<>(infos));
  }
}
