package dev.kiln.derivation;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

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

  /** Of most derivations: it is there only once. */
  private static final SortedSet<String> OUT = Collections.unmodifiableSortedSet(new TreeSet<>(List.of("out")));

  public DerivationHash {
    outputs = outputs.equals(OUT) ? OUT : Collections.unmodifiableSortedSet(new TreeSet<>(outputs));
  }

  /**
   * Takes only the direct inputs into account, whose hashes stand for theirs.
   *
   * @throws InvalidDerivation if an input derivation is unknown or has no such output, or the outputs cannot stand
   *     together
   */
  public static DerivationHash of(Derivation derivation, InputHashes inputs) {
    DerivationType type = derivation.type();
    if (type == DerivationType.FIXED) {
      return ofFixedOutput(derivation);
    }
    HashedInputs hashed = HashedInputs.of(derivation, inputs);
    return of(derivation, type, ATermWriter.hash(derivation, hashed, false), hashed);
  }

  static DerivationHash ofFixedOutput(Derivation derivation) {
    return new DerivationHash(ofFixed(derivation), new TreeSet<>(derivation.outputs().keySet()), false);
  }

  /** @param hash of the text with hashes for {@code inputs} */
  static DerivationHash of(Derivation derivation, DerivationType type, NixHash hash, HashedInputs inputs) {
    return new DerivationHash(hash, new TreeSet<>(derivation.outputs().keySet()),
        type == DerivationType.FLOATING || inputs.deferred());
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
    return ATermWriter.hash(derivation, HashedInputs.of(derivation, inputs), true);
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
}
