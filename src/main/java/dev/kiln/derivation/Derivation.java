package dev.kiln.derivation;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.DerivationOutput.Deferred;
import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.derivation.DerivationOutput.Floating;
import dev.kiln.derivation.DerivationOutput.InputAddressed;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathName;

/**
 * A build recipe (Nix: derivations.hh).
 *
 * @param outputs by name
 * @param inputDerivations the wanted outputs' names by the derivation that has them
 * @param system that can build it: {@code x86_64-linux}
 * @param builder the program's path
 * @param args without argv[0]
 */
public record Derivation(SortedMap<String, DerivationOutput> outputs,
    SortedMap<StorePath, SortedSet<String>> inputDerivations, SortedSet<StorePath> inputSources, ByteString system,
    ByteString builder, List<ByteString> args, SortedMap<ByteString, ByteString> env) {

  /** What is wanted of most inputs: it is there only once. */
  private static final SortedSet<String> OUT = Collections.unmodifiableSortedSet(new TreeSet<>(Set.of("out")));

  /**
   * @throws InvalidDerivation on a name that no output can have, an input derivation that is no {@code .drv}, and a
   *     system that ATerm cannot spell
   */
  public Derivation {
    outputs = Collections.unmodifiableSortedMap(new TreeMap<>(outputs));
    outputs.keySet().forEach(Derivation::checkOutputName);
    SortedMap<StorePath, SortedSet<String>> inputs = new TreeMap<>();
    for (Map.Entry<StorePath, SortedSet<String>> input : inputDerivations.entrySet()) {
      if (!input.getKey().isDerivation()) {
        throw new InvalidDerivation("input derivation '" + input.getKey() + "' does not end in .drv");
      }
      input.getValue().forEach(Derivation::checkOutputName);
      inputs.put(input.getKey(), names(input.getValue()));
    }
    inputDerivations = Collections.unmodifiableSortedMap(inputs);
    inputSources = Collections.unmodifiableSortedSet(new TreeSet<>(inputSources));
    // Nix writes the system as it is, without escapes
    if (system.contains('"') || system.contains('\\')) {
      throw new InvalidDerivation("system '" + system + "' has a quote or a backslash");
    }
    args = List.copyOf(args);
    env = Collections.unmodifiableSortedMap(new TreeMap<>(env));
  }

  /** @return the derivation's own references as a store path: its input derivations and sources, each once */
  public SortedSet<StorePath> references() {
    SortedSet<StorePath> references = new TreeSet<>(inputDerivations.keySet());
    references.addAll(inputSources);
    return references;
  }

  /** @throws InvalidDerivation if it has no output, or outputs that cannot stand together */
  public DerivationType type() {
    Set<DerivationType> types = EnumSet.noneOf(DerivationType.class);
    for (DerivationOutput output : outputs.values()) {
      types.add(switch (output) {
        case InputAddressed _ -> DerivationType.INPUT_ADDRESSED;
        case Fixed _ -> DerivationType.FIXED;
        case Floating _ -> DerivationType.FLOATING;
        case Deferred _ -> DerivationType.DEFERRED;
      });
    }
    if (types.size() != 1) {
      throw new InvalidDerivation(
          types.isEmpty() ? "a derivation needs an output" : "outputs of different types: " + types);
    }
    DerivationType type = types.iterator().next();
    if (type == DerivationType.FIXED && !outputs.keySet().equals(Set.of("out"))) {
      throw new InvalidDerivation(
          "a fixed-output derivation has one output, 'out', not '" + String.join("', '", outputs.keySet()) + "'");
    }
    if (type == DerivationType.FLOATING && floatingAlgorithms() != 1) {
      throw new InvalidDerivation("all floating outputs must have the same hash algorithm");
    }
    return type;
  }

  private long floatingAlgorithms() {
    return outputs.values().stream().filter(Floating.class::isInstance).map(o -> ((Floating) o).algorithm())
        .collect(Collectors.toSet()).size();
  }

  /** @return whether the content of its one output is known beforehand: such a build may use the network */
  public boolean isFixedOutput() {
    return outputs.size() == 1 && outputs.get("out") instanceof Fixed;
  }

  /** @return the path as the derivation states it; nothing for an unknown, floating or deferred output */
  public Optional<StorePath> outputPath(String outputName) {
    @Nullable
    DerivationOutput output = outputs.get(outputName);
    return output == null ? Optional.empty() : output.statedPath();
  }

  /** @return the environment variable's value */
  public Optional<ByteString> variable(String name) {
    return Optional.ofNullable(env.get(ByteString.utf8(name)));
  }

  private static SortedSet<String> names(SortedSet<String> names) {
    return names.equals(OUT) ? OUT : Collections.unmodifiableSortedSet(new TreeSet<>(names));
  }

  private static void checkOutputName(String name) {
    if (name.isEmpty() || name.length() > StorePathName.MAX_LENGTH || !StorePathName.isAllowed(name)) {
      throw new InvalidDerivation("'" + name + "' cannot be the name of an output");
    }
  }
}
