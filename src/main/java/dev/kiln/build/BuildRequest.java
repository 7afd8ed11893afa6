package dev.kiln.build;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

import dev.kiln.derivation.Derivation;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.StorePath;

/**
 * What to build.
 *
 * @param derivationPath the {@code .drv}
 * @param inputClosure what the builder may see: sources, the wanted outputs of input derivations, and all that these refer
 *     to, directly or not
 * @param exported what {@code exportReferencesGraph} may tell beyond that
 */
public record BuildRequest(StorePath derivationPath, Derivation derivation,
    SortedMap<StorePath, PathInfo> inputClosure, ExportedOutputs exported) {

  public BuildRequest { inputClosure = Collections.unmodifiableSortedMap(new TreeMap<>(inputClosure)); }

  /** For a derivation that exports nothing beyond its inputs. */
  public BuildRequest(StorePath derivationPath, Derivation derivation, SortedMap<StorePath, PathInfo> inputClosure) {
    this(derivationPath, derivation, inputClosure, ExportedOutputs.NONE);
  }
}
