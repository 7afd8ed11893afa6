package dev.kiln.derivation;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePaths;

/** The paths that a derivation's outputs must have (Nix: derivations.cc, store-dir-config.cc). */
public final class OutputPaths {

  private OutputPaths() {}

  /**
   * @param name of the derivation, without {@code .drv}
   * @param inputs need not know the inputs of a fixed-output derivation
   * @return by output name; empty if they cannot be known before the build (ca-derivations)
   * @throws InvalidDerivation as {@link DerivationHash#of} does, and if an output's path would have no valid name
   */
  public static SortedMap<String, StorePath> of(String name, Derivation derivation, InputHashes inputs) {
    return switch (derivation.type()) {
      case INPUT_ADDRESSED -> of(name, derivation, DerivationHash.masked(derivation, inputs));
      case FIXED -> fixed(name, derivation);
      case FLOATING, DEFERRED -> Collections.emptySortedMap();
    };
  }

  /** @param masked the hash of an input-addressed derivation, its outputs' paths left empty */
  static SortedMap<String, StorePath> of(String name, Derivation derivation, NixHash masked) {
    SortedMap<String, StorePath> paths = new TreeMap<>();
    derivation.outputs().keySet()
        .forEach(output -> paths.put(output, named(name, () -> StorePaths.output(name, output, masked))));
    return paths;
  }

  static SortedMap<String, StorePath> fixed(String name, Derivation derivation) {
    SortedMap<String, StorePath> paths = new TreeMap<>();
    derivation.outputs().forEach((output, kind) -> {
      if (kind instanceof Fixed(_, IngestionMethod method, NixHash hash)) {
        paths.put(output,
            named(name, () -> StorePaths.fixedOutput(StorePaths.outputPathName(name, output), method, hash)));
      }
    });
    return paths;
  }

  private static StorePath named(String derivation, Supplier<StorePath> path) {
    try {
      return path.get();
    } catch (InvalidStorePath e) {
      throw new InvalidDerivation(
          "derivation '" + derivation + "' has an output without a valid path: " + e.getMessage());
    }
  }
}
