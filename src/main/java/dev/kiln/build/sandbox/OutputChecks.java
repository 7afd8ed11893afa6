package dev.kiln.build.sandbox;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildRequest;
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivation;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.StorePath;

/**
 * What a derivation says that its outputs may, or may not, refer to: {@code allowedReferences} and its like (Nix:
 * local-derivation-goal.cc, checkOutputs).
 */
final class OutputChecks {

  private final Derivation derivation;
  private final SortedMap<String, StorePath> outputs;
  private final SortedMap<StorePath, SortedSet<StorePath>> references;

  /**
   * @param outputs by name
   * @param references of each output
   */
  OutputChecks(BuildRequest request, SortedMap<String, StorePath> outputs,
      SortedMap<StorePath, SortedSet<StorePath>> references) {
    this.derivation = request.derivation();
    this.outputs = outputs;
    this.references = new TreeMap<>(references);
    request.inputClosure().forEach((path, input) -> this.references.put(path, input.references()));
  }

  /** @throws BuildException.OutputRejected if an output refers to what it may not */
  void check() {
    for (StorePath output : outputs.values()) {
      check(output, "allowedReferences", true, direct(output));
      check(output, "allowedRequisites", true, requisites(output));
      check(output, "disallowedReferences", false, direct(output));
      check(output, "disallowedRequisites", false, requisites(output));
    }
  }

  private void check(StorePath output, String attribute, boolean allowed, SortedSet<StorePath> used) {
    Optional<ByteString> value = derivation.variable(attribute);
    if (value.isEmpty()) {
      return;
    }
    SortedSet<StorePath> named = new TreeSet<>();
    for (ByteString word : BuildEnvironment.words(value.get())) {
      named.add(path(word.toString()));
    }
    String bad = used.stream().filter(path -> named.contains(path) != allowed).map(path -> "\n  " + path).collect(
        Collectors.joining());
    if (!bad.isEmpty()) {
      throw new BuildException.OutputRejected(
          "output '" + output + "' is not allowed to refer to the following paths:" + bad);
    }
  }

  /** @param specifier a store path, or the name of an output */
  private StorePath path(String specifier) {
    StorePath output = outputs.get(specifier);
    if (output != null) {
      return output;
    }
    try {
      return StorePath.parse(specifier);
    } catch (InvalidStorePath e) {
      throw new BuildException.OutputRejected(
          "derivation contains an illegal reference specifier '" + specifier + "': " + e.getMessage());
    }
  }

  private SortedSet<StorePath> direct(StorePath path) {
    return references.getOrDefault(path, Collections.emptySortedSet());
  }

  /** @return all that the output refers to, directly or not, but not itself */
  private SortedSet<StorePath> requisites(StorePath output) {
    SortedSet<StorePath> requisites = new TreeSet<>();
    Deque<StorePath> pending = new ArrayDeque<>(direct(output));
    while (!pending.isEmpty()) {
      StorePath path = pending.pop();
      if (requisites.add(path)) {
        pending.addAll(direct(path));
      }
    }
    requisites.remove(output);
    return requisites;
  }
}
