package dev.kiln.build.sandbox;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

import dev.kiln.build.BuildRequest;
import dev.kiln.derivation.Derivation;
import dev.kiln.derivation.DerivationFile;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathName;
import dev.kiln.storepath.StorePaths;

/**
 * Where a builder writes its outputs: to their paths, or, where only their content tells these, to paths that stand for them
 * (Nix: local-derivation-goal.cc, scratchOutputs). They are Nix's own, so that what depends on them comes out as it does there.
 *
 * @param paths by output name
 */
record ScratchPaths(SortedMap<String, StorePath> paths) {

  ScratchPaths { paths = Collections.unmodifiableSortedMap(new TreeMap<>(paths)); }

  static ScratchPaths of(BuildRequest request) {
    String name = DerivationFile.nameOf(request.derivationPath());
    SortedMap<String, StorePath> paths = new TreeMap<>();
    request.derivation().outputs().forEach((output, kind) -> {
      StorePathName pathName = StorePaths.outputPathName(name, output);
      paths.put(output, kind.statedPath().orElseGet(
          () -> StorePaths.scratch(request.derivationPath(), output, pathName)));
    });
    return new ScratchPaths(paths);
  }

  /** @return as the builder is to see it: with a path for every output */
  Derivation of(Derivation derivation) {
    SortedMap<String, DerivationOutput> outputs = new TreeMap<>();
    derivation.outputs().forEach((name, output) -> outputs.put(name, output.statedPath().isPresent()
        ? output
        : new DerivationOutput.InputAddressed(path(name))));
    return new Derivation(outputs, derivation.inputDerivations(), derivation.inputSources(), derivation.system(),
        derivation.builder(), derivation.args(), derivation.env());
  }

  StorePath path(String output) {
    StorePath path = paths.get(output);
    if (path == null) {
      throw new IllegalArgumentException("no output '" + output + "'");
    }
    return path;
  }
}
