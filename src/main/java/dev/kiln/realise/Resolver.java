package dev.kiln.realise;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

import org.springframework.stereotype.Component;

import dev.kiln.build.BuildException;
import dev.kiln.derivation.DerivationHash;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.derivation.DerivationType;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.derivation.Resolution;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.realisation.OutputId;
import dev.kiln.realisation.RealisedOutput;
import dev.kiln.realisation.RealisedOutputs;
import dev.kiln.realise.InputOutputs.InputOutput;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/**
 * Knows which derivations are built by others in their place, and what their outputs come to be by it (Nix: derivation-goal.cc,
 * inputsRealised and resolvedFinished).
 */
@Component
class Resolver {

  private final Derivations derivations;
  private final InputOutputs inputOutputs;
  private final RealisedOutputs realisedOutputs;
  private final PathInfos pathInfos;
  private final FeatureProperties features;

  Resolver(Derivations derivations, InputOutputs inputOutputs, RealisedOutputs realisedOutputs, PathInfos pathInfos,
      FeatureProperties features) {
    this.derivations = derivations;
    this.inputOutputs = inputOutputs;
    this.realisedOutputs = realisedOutputs;
    this.pathInfos = pathInfos;
    this.features = features;
  }

  /** @throws BuildException.CannotBuildHere its outputs' paths are told by builds only, and this Kiln is not to build such */
  void requireSupported(KnownDerivation known) {
    switch (known.derivation().type()) {
      case INPUT_ADDRESSED, FIXED -> {
      }
      case FLOATING, DEFERRED -> {
        if (!features.caDerivations()) {
          throw new BuildException.CannotBuildHere("'" + known.path() + "' has outputs whose paths only builds tell"
              + " (ca-derivations), which this Kiln does not build: kiln.features.ca-derivations is off");
        }
      }
    }
  }

  /**
   * Finds, and makes known, what is built in a derivation's place, all of its inputs being here.
   *
   * @return empty if it is built itself
   */
  Optional<KnownDerivation> resolve(KnownDerivation known) {
    if (!hasToBeResolved(known)) {
      return Optional.empty();
    }
    Map<StorePath, Map<String, StorePath>> inputs = new HashMap<>();
    for (InputOutput input : inputOutputs.of(known.path().hash())) {
      StorePath path = input.path().orElseThrow(() -> new IllegalStateException(
          "output '" + input.id().output() + "' of '" + input.derivation() + "' is not built"));
      inputs.computeIfAbsent(input.derivation(), _ -> new HashMap<>()).put(input.id().output(), path);
    }
    KnownDerivation resolved = KnownDerivation.verified(Resolution.resolve(known.file(),
        (derivation, output) -> inputs.getOrDefault(derivation, Map.of()).get(output)), _ -> null);
    derivations.register(List.of(resolved));
    return Optional.of(resolved);
  }

  /** A fixed output's derivation only if it must: Nix without ca-derivations builds it as it is. */
  private boolean hasToBeResolved(KnownDerivation known) {
    Collection<StorePath> inputs = known.derivation().inputDerivations().keySet();
    return !inputs.isEmpty() && switch (known.derivation().type()) {
      case INPUT_ADDRESSED -> false;
      case FLOATING, DEFERRED -> true;
      case FIXED -> derivations.hashes(inputs.stream().map(StorePath::hash).toList()).values().stream()
          .anyMatch(DerivationHash::deferred);
    };
  }

  /** @return the path that an output came to have; it is here */
  Optional<StorePath> realised(OutputId id) {
    return realisedOutputs.find(id).map(RealisedOutput::path);
  }

  /** @return the paths of a derivation's outputs by name, if all of them are here */
  Optional<SortedMap<String, StorePath>> outputs(KnownDerivation known) {
    SortedMap<String, StorePath> paths = new TreeMap<>();
    for (Map.Entry<String, DerivationOutput> output : known.derivation().outputs().entrySet()) {
      Optional<StorePath> path = output.getValue().statedPath()
          .or(() -> realisedOutputs.find(id(known, output.getKey())).map(RealisedOutput::path));
      if (path.isEmpty()) {
        return Optional.empty();
      }
      paths.put(output.getKey(), path.get());
    }
    List<StorePathHash> hashes = paths.values().stream().map(StorePath::hash).toList();
    return pathInfos.present(hashes).containsAll(hashes) ? Optional.of(paths) : Optional.empty();
  }

  /** @return what a derivation that was built itself does not state of its outputs */
  List<RealisedOutput> realised(KnownDerivation known, Map<String, PathInfo> outputs) {
    return known.derivation().type() == DerivationType.FLOATING
        ? outputs.entrySet().stream().map(output -> new RealisedOutput(id(known, output.getKey()),
            output.getValue().path(), new TreeMap<>(), List.of())).toList()
        : List.of();
  }

  /**
   * @param outputs those of the derivation that was built in its place; they are here
   * @return what a derivation does not state of its outputs
   */
  List<RealisedOutput> realisedByAnother(KnownDerivation known, SortedMap<String, StorePath> outputs) {
    if (known.derivation().isFixedOutput()) {
      return List.of();
    }
    SortedMap<OutputId, StorePath> inputs = realisedOutputs
        .closure(inputOutputs.of(known.path().hash()).stream().map(InputOutput::id).toList());
    return outputs.entrySet().stream().map(output -> {
      SortedSet<StorePath> references = pathInfos.find(output.getValue().hash()).orElseThrow().references();
      SortedMap<OutputId, StorePath> dependencies = new TreeMap<>(inputs);
      dependencies.values().removeIf(path -> !references.contains(path));
      return new RealisedOutput(id(known, output.getKey()), output.getValue(), dependencies, List.of());
    }).toList();
  }

  private static OutputId id(KnownDerivation known, String output) {
    return new OutputId(known.outputHash(), output);
  }
}
