package dev.kiln.realise;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import org.springframework.stereotype.Component;

import dev.kiln.build.ExportedOutputs;
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.realise.InputOutputs.InputOutput;
import dev.kiln.realise.RealiseException.MissingSources;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** Gathers what a builder may see. */
@Component
class BuildInputs {

  /** The environment variables that may ask for graphs: itself, and structured attributes. */
  private static final List<ByteString> EXPORTERS = List.of(ByteString.utf8("exportReferencesGraph"),
      ByteString.utf8("__json"));

  private final Derivations derivations;
  private final InputOutputs inputOutputs;
  private final DerivationPaths derivationPaths;
  private final PathInfos pathInfos;

  BuildInputs(Derivations derivations, InputOutputs inputOutputs, DerivationPaths derivationPaths,
      PathInfos pathInfos) {
    this.derivations = derivations;
    this.inputOutputs = inputOutputs;
    this.derivationPaths = derivationPaths;
    this.pathInfos = pathInfos;
  }

  /**
   * Collects the sources and wanted outputs of {@code known}, and all that they refer to.
   *
   * @throws MissingSources one of them is not here
   */
  SortedMap<StorePath, PathInfo> closure(KnownDerivation known) throws IOException {
    SortedSet<StorePath> inputs = new TreeSet<>();
    for (InputOutput input : inputOutputs.of(known.path().hash())) {
      if (input.path().isPresent()) {
        inputs.add(input.path().get());
      }
    }
    inputs.addAll(known.derivation().inputSources());
    materialiseDerivations(known.derivation().inputSources());
    SortedMap<StorePath, PathInfo> closure = new TreeMap<>();
    pathInfos.closure(inputs.stream().map(StorePath::hash).toList()).forEach(info -> closure.put(info.path(), info));
    inputs.removeAll(closure.keySet());
    if (!inputs.isEmpty()) {
      throw new MissingSources(known.path(), inputs);
    }
    return closure;
  }

  /**
   * Collects what {@code exportReferencesGraph} tells of derivations that are inputs: their outputs, though no builder sees
   * these unless they are inputs as well.
   *
   * @param closure of {@code known}'s inputs
   */
  ExportedOutputs exported(KnownDerivation known, SortedMap<StorePath, PathInfo> closure) {
    List<StorePath> inputs = closure.keySet().stream().filter(StorePath::isDerivation).toList();
    if (inputs.isEmpty() || EXPORTERS.stream().noneMatch(name -> known.derivation().env().containsKey(name))) {
      return ExportedOutputs.NONE;
    }
    var outputs = derivations.outputs(inputs.stream().map(StorePath::hash).toList());
    SortedMap<StorePath, Map<String, Optional<StorePath>>> byDerivation = new TreeMap<>();
    for (StorePath input : inputs) {
      Optional.ofNullable(outputs.get(input.hash())).ifPresent(found -> byDerivation.put(input, found));
    }
    List<StorePathHash> paths = byDerivation.values().stream().flatMap(found -> found.values().stream()).flatMap(
        Optional::stream).map(StorePath::hash).distinct().toList();
    SortedMap<StorePath, PathInfo> infos = new TreeMap<>();
    pathInfos.closure(paths).forEach(info -> infos.put(info.path(), info));
    return new ExportedOutputs(byDerivation, infos);
  }

  /** A derivation can be a source, when an expression names the recipe and not what it makes. */
  private void materialiseDerivations(Set<StorePath> sources) throws IOException {
    List<StorePath> recipes = sources.stream().filter(StorePath::isDerivation).toList();
    Set<StorePathHash> known = new HashSet<>(derivations.known(recipes.stream().map(StorePath::hash).toList()));
    for (StorePath recipe : recipes) {
      if (known.contains(recipe.hash())) {
        derivationPaths.materialise(recipe);
      }
    }
  }
}
