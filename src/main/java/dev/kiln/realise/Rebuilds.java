package dev.kiln.realise;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

import org.springframework.stereotype.Service;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildRequest;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.realise.InputOutputs.InputOutput;
import dev.kiln.realise.RealiseException.MissingSources;
import dev.kiln.realise.RealiseException.UnknownPath;
import dev.kiln.storepath.StorePath;

/** Gathers what it takes to build again what is here. Builds nothing, and registers no output. */
@Service
public class Rebuilds {

  private final Derivations derivations;
  private final Resolver resolver;
  private final InputOutputs inputOutputs;
  private final BuildInputs inputs;
  private final PathInfos pathInfos;
  private final Lease lease;

  Rebuilds(Derivations derivations, Resolver resolver, InputOutputs inputOutputs, BuildInputs inputs,
      PathInfos pathInfos, Lease lease) {
    this.derivations = derivations;
    this.resolver = resolver;
    this.inputOutputs = inputOutputs;
    this.inputs = inputs;
    this.pathInfos = pathInfos;
    this.lease = lease;
  }

  /** @return the name under which this Kiln holds a lease */
  public UUID replica() {
    return lease.replica();
  }

  /**
   * Prepares a derivation to be built again, of the inputs that it was built of.
   *
   * @return empty if an output of it is not here
   * @throws UnknownPath the derivation is not known
   * @throws MissingSources an input is not here
   * @throws BuildException.CannotBuildHere this Kiln is not to build such
   */
  public Optional<Rebuild> of(StorePath derivation) throws IOException {
    KnownDerivation known = derivations.find(derivation.hash()).filter(found -> found.path().equals(derivation))
        .orElseThrow(() -> new UnknownPath(derivation, List.of("derivations: it is not known")));
    resolver.requireSupported(known);
    Optional<SortedMap<String, StorePath>> outputs = resolver.outputs(known);
    if (outputs.isEmpty()) {
      return Optional.empty();
    }
    SortedMap<String, PathInfo> stored = new TreeMap<>();
    outputs.get().forEach(
        (name, path) -> pathInfos.find(path.hash()).ifPresent(info -> stored.put(name, info)));
    if (!stored.keySet().equals(outputs.get().keySet())) {
      return Optional.empty();
    }
    requireInputs(known);
    KnownDerivation built = resolver.resolve(known).orElse(known);
    SortedMap<StorePath, PathInfo> closure = inputs.closure(built);
    return Optional.of(new Rebuild(
        new BuildRequest(built.path(), built.derivation(), closure, inputs.exported(built, closure)), stored));
  }

  /** Only those that have no path are looked for here: of the others, the closure tells. */
  private void requireInputs(KnownDerivation known) {
    SortedSet<StorePath> missing = new TreeSet<>();
    for (InputOutput input : inputOutputs.of(known.path().hash())) {
      if (input.path().isEmpty()) {
        missing.add(input.derivation());
      }
    }
    if (!missing.isEmpty()) {
      throw new MissingSources(known.path(), missing);
    }
  }
}
