package dev.kiln.derivation;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.InvalidHash;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;

/**
 * What stands for a derivation in the hashes of those that use it (Nix: derivations.cc, hashDerivationModulo). Two
 * fixed-output derivations that promise the same path have the same one, however they fetch it.
 *
 * @param hash a SHA-256, of all outputs: where Nix keeps one per output (fixed outputs) there is one output only
 * @param outputs of the derivation, by name
 * @param deferred whether output paths cannot follow from it, because a floating output is involved (ca-derivations)
 */
public record DerivationHash(NixHash hash, SortedSet<String> outputs, boolean deferred) {

  private static final String DEFERRED = "deferred:";

  public DerivationHash { outputs = Collections.unmodifiableSortedSet(new TreeSet<>(outputs)); }

  /**
   * Takes only the direct inputs into account, whose hashes stand for theirs.
   *
   * @throws InvalidDerivation if an input derivation is unknown or has no such output, or the outputs cannot stand
   *     together
   */
  public static DerivationHash of(Derivation derivation, InputHashes inputs) {
    SortedSet<String> names = new TreeSet<>(derivation.outputs().keySet());
    return switch (derivation.type()) {
      case FIXED -> new DerivationHash(ofFixed(derivation), names, false);
      case INPUT_ADDRESSED, DEFERRED -> {
        Inputs resolved = Inputs.of(derivation, inputs);
        yield new DerivationHash(ATermWriter.hash(derivation, resolved.byHash(), false), names, resolved.deferred());
      }
      case FLOATING ->
        new DerivationHash(ATermWriter.hash(derivation, Inputs.of(derivation, inputs).byHash(), false), names, true);
    };
  }

  /**
   * @return what stands for the derivation in the names of its outputs' realisations (Nix: derivations.cc, staticOutputHashes)
   * @throws InvalidDerivation as {@link #of} does
   */
  public static NixHash ofOutputs(Derivation derivation, InputHashes inputs) {
    return derivation.type() == DerivationType.FIXED ? ofFixed(derivation) : masked(derivation, inputs);
  }

  /** @return the hash that the output paths are made of: as if they were empty yet */
  static NixHash masked(Derivation derivation, InputHashes inputs) {
    return ATermWriter.hash(derivation, Inputs.of(derivation, inputs).byHash(), true);
  }

  private static NixHash ofFixed(Derivation derivation) {
    if (!(derivation.outputs().get("out") instanceof Fixed(StorePath path, IngestionMethod method, NixHash hash))) {
      throw new InvalidDerivation("a fixed-output derivation has one output, 'out'");
    }
    return NixHash.sha256Of("fixed:out:" + ATermWriter.methodAndAlgorithm(method, hash.algorithm()) + ":"
        + hash.base16() + ":" + path);
  }

  /** @return {@code [deferred:]<base16>:<output>,<output>…} */
  public String render() {
    return (deferred ? DEFERRED : "") + hash.base16() + ":" + String.join(",", outputs);
  }

  /** @throws InvalidDerivation unless {@code text} is of the form that {@link #render} gives */
  public static DerivationHash parse(String text) {
    boolean deferred = text.startsWith(DEFERRED);
    String rest = deferred ? text.substring(DEFERRED.length()) : text;
    int colon = rest.indexOf(':');
    if (colon < 0) {
      throw new InvalidDerivation("'" + text + "' is not the hash of a derivation");
    }
    try {
      NixHash hash = NixHash.parse(rest.substring(0, colon), HashAlgorithm.SHA256);
      return new DerivationHash(hash, new TreeSet<>(List.of(rest.substring(colon + 1).split(","))), deferred);
    } catch (InvalidHash e) {
      throw new InvalidDerivation("'" + text + "' is not the hash of a derivation: " + e.getMessage());
    }
  }

  /**
   * A derivation's inputs with hashes for paths. Inputs of the same hash become one, which wants the outputs of all.
   *
   * @param byHash the wanted outputs' names by hash in base16
   */
  private record Inputs(SortedMap<String, SortedSet<String>> byHash, boolean deferred) {

    static Inputs of(Derivation derivation, InputHashes hashes) {
      SortedMap<String, SortedSet<String>> byHash = new TreeMap<>();
      boolean deferred = false;
      for (var input : derivation.inputDerivations().entrySet()) {
        @Nullable
        DerivationHash known = hashes.find(input.getKey());
        if (known == null) {
          throw new InvalidDerivation("input derivation '" + input.getKey() + "' is not known");
        }
        deferred |= known.deferred();
        for (String output : input.getValue()) {
          if (!known.outputs().contains(output)) {
            throw new InvalidDerivation("input derivation '" + input.getKey() + "' has no output '" + output + "'");
          }
          // an input of which no output is wanted is left out, as Nix does
          byHash.computeIfAbsent(known.hash().base16(), _ -> new TreeSet<>()).add(output);
        }
      }
      return new Inputs(byHash, deferred);
    }
  }
}
