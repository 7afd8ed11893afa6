package dev.kiln.realisation;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

import dev.kiln.pathinfo.Signature;
import dev.kiln.storepath.StorePath;

/**
 * The path that an output came to have (Nix: realisation.hh, Realisation).
 *
 * @param dependencies the outputs of other derivations that the path refers to, with their paths
 */
public record RealisedOutput(OutputId id, StorePath path, SortedMap<OutputId, StorePath> dependencies,
    List<Signature> signatures) {

  public RealisedOutput {
    dependencies = Collections.unmodifiableSortedMap(new TreeMap<>(dependencies));
    signatures = List.copyOf(signatures);
  }

  /** What is signed: the JSON of all but the signatures, without white space (Nix: realisation.cc, fingerprint). */
  public String fingerprint() {
    // nothing in it has a character that JSON escapes
    String dependent = dependencies.entrySet().stream()
        .map(dependency -> '"' + dependency.getKey().toString() + "\":\"" + dependency.getValue().baseName() + '"')
        .collect(Collectors.joining(","));
    return "{\"dependentRealisations\":{" + dependent + "},\"id\":\"" + id + "\",\"outPath\":\"" + path.baseName()
        + "\"}";
  }
}
