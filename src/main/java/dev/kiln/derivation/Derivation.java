package dev.kiln.derivation;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import dev.kiln.bytes.ByteString;
import dev.kiln.storepath.StorePath;

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

  public Derivation {
    outputs = Collections.unmodifiableSortedMap(new TreeMap<>(outputs));
    SortedMap<StorePath, SortedSet<String>> inputs = new TreeMap<>();
    for (Map.Entry<StorePath, SortedSet<String>> input : inputDerivations.entrySet()) {
      inputs.put(input.getKey(), Collections.unmodifiableSortedSet(new TreeSet<>(input.getValue())));
    }
    inputDerivations = Collections.unmodifiableSortedMap(inputs);
    inputSources = Collections.unmodifiableSortedSet(new TreeSet<>(inputSources));
    args = List.copyOf(args);
    env = Collections.unmodifiableSortedMap(new TreeMap<>(env));
  }

  /** @return the derivation's own references as a store path: its input derivations and sources, each once */
  public SortedSet<StorePath> references() {
    SortedSet<StorePath> references = new TreeSet<>(inputDerivations.keySet());
    references.addAll(inputSources);
    return references;
  }
}
