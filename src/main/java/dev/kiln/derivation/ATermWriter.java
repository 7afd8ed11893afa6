package dev.kiln.derivation;

import java.util.Iterator;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.DerivationOutput.Deferred;
import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.derivation.DerivationOutput.Floating;
import dev.kiln.derivation.DerivationOutput.InputAddressed;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;

/** Writes derivations as Nix does, byte for byte (Nix: derivations.cc, Derivation::unparse). */
public final class ATermWriter {

  private final ATermBuffer out = new ATermBuffer();
  private final Derivation derivation;
  private final boolean maskOutputs;

  private ATermWriter(Derivation derivation, boolean maskOutputs) {
    this.derivation = derivation;
    this.maskOutputs = maskOutputs;
  }

  /** @return the bytes of the {@code .drv} file */
  public static ByteString write(Derivation derivation) {
    ATermWriter writer = new ATermWriter(derivation, false);
    return ByteString.owning(writer.write(() -> writer.inputDerivations(derivation.inputDerivations())).toByteArray());
  }

  /**
   * @param maskOutputs whether the output paths are left empty
   * @return the SHA-256 of the text with hashes for the input derivations
   */
  static NixHash hash(Derivation derivation, HashedInputs inputs, boolean maskOutputs) {
    var digest = HashAlgorithm.SHA256.newDigest();
    ATermWriter writer = new ATermWriter(derivation, maskOutputs);
    writer.write(() -> inputs.write(writer.out)).update(digest);
    return NixHash.finish(HashAlgorithm.SHA256, digest);
  }

  private ATermBuffer write(Runnable inputs) {
    out.append("Derive([");
    for (Iterator<Map.Entry<String, DerivationOutput>> i = derivation.outputs().entrySet().iterator(); i.hasNext();) {
      Map.Entry<String, DerivationOutput> output = i.next();
      output(output.getKey(), output.getValue());
      comma(i);
    }
    out.append("],[");
    inputs.run();
    out.append("],");
    out.names(derivation.inputSources());
    out.append(',').unescaped(derivation.system()).append(',').escaped(derivation.builder()).append(",[");
    for (Iterator<ByteString> i = derivation.args().iterator(); i.hasNext();) {
      out.escaped(i.next());
      comma(i);
    }
    out.append("],[");
    env();
    return out.append("])");
  }

  private void inputDerivations(SortedMap<StorePath, SortedSet<String>> inputs) {
    for (Iterator<Map.Entry<StorePath, SortedSet<String>>> i = inputs.entrySet().iterator(); i.hasNext();) {
      Map.Entry<StorePath, SortedSet<String>> input = i.next();
      out.append('(').unescaped(input.getKey().toString()).append(',').names(input.getValue()).append(')');
      comma(i);
    }
  }

  private void output(String name, DerivationOutput output) {
    switch (output) {
      case InputAddressed(StorePath path) -> output(name, masked(path), "", "");
      case Fixed(StorePath path, IngestionMethod method, NixHash hash) ->
        output(name, masked(path), methodAndAlgorithm(method, hash.algorithm()), hash.base16());
      case Floating(IngestionMethod method, HashAlgorithm algorithm) ->
        output(name, "", methodAndAlgorithm(method, algorithm), "");
      case Deferred() -> output(name, "", "", "");
    }
  }

  private void output(String name, String path, String algorithm, String hash) {
    out.append('(').unescaped(name).append(',').unescaped(path).append(',').unescaped(algorithm).append(',')
        .unescaped(hash).append(')');
  }

  private void env() {
    for (Iterator<Map.Entry<ByteString, ByteString>> i = derivation.env().entrySet().iterator(); i.hasNext();) {
      Map.Entry<ByteString, ByteString> variable = i.next();
      boolean masked = maskOutputs && derivation.outputs().containsKey(variable.getKey().toString());
      out.append('(').escaped(variable.getKey()).append(',')
          .escaped(masked ? ByteString.EMPTY : variable.getValue()).append(')');
      comma(i);
    }
  }

  private void comma(Iterator<?> rest) {
    if (rest.hasNext()) {
      out.append(',');
    }
  }

  private String masked(StorePath path) {
    return maskOutputs ? "" : path.toString();
  }

  /** @return {@code [r:]<algorithm>} */
  static String methodAndAlgorithm(IngestionMethod method, HashAlgorithm algorithm) {
    return method.prefix() + algorithm.nixName();
  }
}
