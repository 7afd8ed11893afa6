package dev.kiln.build.sandbox;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildRequest;
import dev.kiln.bytes.ByteString;
import dev.kiln.json.Json;
import dev.kiln.json.Json.JsonFloat;
import dev.kiln.json.Json.JsonInteger;
import dev.kiln.json.Json.JsonObject;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.StorePath;

/**
 * What a derivation says that its outputs may, or may not, refer to, and how large they may be (Nix:
 * local-derivation-goal.cc, checkOutputs): {@code allowedReferences} and its like in the environment, for every output, or
 * {@code outputChecks} of structured attributes, by output.
 */
final class OutputChecks {

  /** An output that was read. */
  record Output(StorePath path, long narSize, SortedSet<StorePath> references) {}

  private final BuildRequest request;
  private final Attributes attributes;
  private final SortedMap<String, Output> outputs;
  private final Map<StorePath, Output> byPath = new HashMap<>();

  /** @param outputs by name */
  OutputChecks(BuildRequest request, Attributes attributes, SortedMap<String, Output> outputs) {
    this.request = request;
    this.attributes = attributes;
    this.outputs = outputs;
    outputs.values().forEach(output -> byPath.put(output.path(), output));
  }

  /**
   * @throws BuildException.OutputRejected if an output refers to what it may not, or is too large
   * @throws BuildException.BadDerivation if what the derivation says makes no sense
   */
  void check() {
    boolean structured = attributes.structured().isPresent();
    outputs.forEach((name, output) -> {
      if (structured) {
        if (attributes.structured("outputChecks").orElse(null) instanceof JsonObject checks
            && checks.members().get(ByteString.utf8(name)) instanceof JsonObject check) {
          checkStructured(output, check);
        }
      } else {
        // Here an output is no requisite of itself, and there it is
        checkReferences(output, false, attributes::strings);
      }
    });
  }

  private void checkStructured(Output output, JsonObject check) {
    Json maxSize = check.members().get(ByteString.utf8("maxSize"));
    if (maxSize != null) {
      checkSize("path", output, output.narSize(), limit("maxSize", maxSize));
    }
    Json maxClosureSize = check.members().get(ByteString.utf8("maxClosureSize"));
    if (maxClosureSize != null) {
      long size = requisites(output).stream().mapToLong(this::narSize).sum();
      checkSize("closure of path", output, size, limit("maxClosureSize", maxClosureSize));
    }
    checkReferences(output, true, name -> Optional.ofNullable(check.members().get(ByteString.utf8(name))).map(
        value -> attributes.strings(name, value)));
  }

  private static void checkSize(String what, Output output, long size, long limit) {
    if (Long.compareUnsigned(size, limit) > 0) {
      throw new BuildException.OutputRejected(what + " '" + output.path() + "' is too large at " + size
          + " bytes; limit is " + Long.toUnsignedString(limit) + " bytes");
    }
  }

  /** @return in bytes, unsigned: Nix casts whatever number it is to 64 bits */
  private long limit(String name, Json value) {
    return switch (value) {
      case JsonInteger(BigInteger number) -> number.longValue();
      case JsonFloat(double number) -> new BigDecimal(number).longValue();
      case Json other -> throw attributes.bad(name, "must be a number, but is " + other.typeName());
    };
  }

  /** Where the value of an attribute is to be found. */
  private interface Words {
    Optional<List<ByteString>> of(String attribute);
  }

  private void checkReferences(Output output, boolean ofItself, Words words) {
    SortedSet<StorePath> requisites = requisites(output);
    if (!ofItself) {
      requisites.remove(output.path());
    }
    check(output, words.of("allowedReferences"), true, output.references());
    check(output, words.of("allowedRequisites"), true, requisites);
    check(output, words.of("disallowedReferences"), false, output.references());
    check(output, words.of("disallowedRequisites"), false, requisites);
  }

  private void check(Output output, Optional<List<ByteString>> words, boolean allowed, SortedSet<StorePath> used) {
    if (words.isEmpty()) {
      return;
    }
    SortedSet<StorePath> named = new TreeSet<>();
    for (ByteString word : words.get()) {
      named.add(path(word.toString()));
    }
    String bad = used.stream().filter(path -> named.contains(path) != allowed).map(path -> "\n  " + path).collect(
        Collectors.joining());
    if (!bad.isEmpty()) {
      throw new BuildException.OutputRejected(
          "output '" + output.path() + "' is not allowed to refer to the following paths:" + bad);
    }
  }

  /** @param specifier a store path, or the name of an output */
  private StorePath path(String specifier) {
    Output output = outputs.get(specifier);
    if (output != null) {
      return output.path();
    }
    try {
      return StorePath.parse(specifier);
    } catch (InvalidStorePath e) {
      throw new BuildException.BadDerivation(
          "derivation contains an illegal reference specifier '" + specifier + "': " + e.getMessage());
    }
  }

  /** @return the output and all that it refers to, directly or not */
  private SortedSet<StorePath> requisites(Output output) {
    SortedSet<StorePath> requisites = new TreeSet<>();
    Deque<StorePath> pending = new ArrayDeque<>(List.of(output.path()));
    while (!pending.isEmpty()) {
      StorePath path = pending.pop();
      if (requisites.add(path)) {
        pending.addAll(references(path));
      }
    }
    return requisites;
  }

  private SortedSet<StorePath> references(StorePath path) {
    Output output = byPath.get(path);
    @Nullable
    PathInfo input = request.inputClosure().get(path);
    return output != null ? output.references() : input != null ? input.references() : Collections.emptySortedSet();
  }

  private long narSize(StorePath path) {
    Output output = byPath.get(path);
    @Nullable
    PathInfo input = request.inputClosure().get(path);
    return output != null ? output.narSize() : input != null ? input.narSize() : 0;
  }
}
