package dev.kiln.derivation;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.DerivationOutput.InputAddressed;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePaths;

/**
 * Makes of a derivation, once its inputs are built, the one that is built in its place: it names its inputs' outputs instead of
 * the derivations that have them (Nix: derivations.cc, tryResolve and rewriteDerivation). Whatever gives the same inputs gives
 * the same derivation, which is built once.
 */
public final class Resolution {

  private Resolution() {}

  /**
   * @param inputs gives the path of an input derivation's output
   * @return of the same name, without input derivations; what was deferred has its path
   * @throws InvalidDerivation as {@link DerivationHash#of} does
   */
  public static DerivationFile resolve(DerivationFile file, BiFunction<StorePath, String, StorePath> inputs) {
    Derivation derivation = file.derivation();
    SortedSet<StorePath> sources = new TreeSet<>(derivation.inputSources());
    SortedMap<ByteString, ByteString> rewrites = new TreeMap<>();
    derivation.inputDerivations().forEach((input, outputs) -> outputs.forEach(output -> {
      StorePath path = inputs.apply(input, output);
      sources.add(path);
      rewrites.put(ByteString.utf8(Placeholders.ofInput(input, output)), ByteString.utf8(path.toString()));
    }));
    return DerivationFile.of(file.name(), withPaths(file.name(), rewritten(derivation, sources, rewriter(rewrites))));
  }

  /** One after the other in their order, each over the whole text, as Nix does it (Nix: util.cc, rewriteStrings). */
  private static UnaryOperator<ByteString> rewriter(SortedMap<ByteString, ByteString> rewrites) {
    return text -> {
      ByteString rewritten = text;
      for (Map.Entry<ByteString, ByteString> rewrite : rewrites.entrySet()) {
        rewritten = rewritten.replace(rewrite.getKey(), rewrite.getValue());
      }
      return rewritten;
    };
  }

  private static Derivation rewritten(Derivation derivation, SortedSet<StorePath> sources,
      UnaryOperator<ByteString> rewriter) {
    SortedMap<ByteString, ByteString> env = new TreeMap<>();
    // of two names that become one, the first stays
    derivation.env().forEach((name, value) -> env.putIfAbsent(rewriter.apply(name), rewriter.apply(value)));
    return new Derivation(derivation.outputs(), Collections.emptySortedMap(), sources, derivation.system(),
        rewriter.apply(derivation.builder()), derivation.args().stream().map(rewriter).toList(), env);
  }

  private static Derivation withPaths(String name, Derivation derivation) {
    if (derivation.type() != DerivationType.DEFERRED) {
      return derivation;
    }
    NixHash masked = DerivationHash.masked(derivation, _ -> null);
    SortedMap<String, DerivationOutput> outputs = new TreeMap<>();
    SortedMap<ByteString, ByteString> env = new TreeMap<>(derivation.env());
    for (String output : derivation.outputs().keySet()) {
      StorePath path = StorePaths.output(name, output, masked);
      outputs.put(output, new InputAddressed(path));
      env.put(ByteString.utf8(output), ByteString.utf8(path.toString()));
    }
    return new Derivation(outputs, derivation.inputDerivations(), derivation.inputSources(), derivation.system(),
        derivation.builder(), derivation.args(), env);
  }
}
