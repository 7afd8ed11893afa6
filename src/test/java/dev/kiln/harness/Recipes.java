package dev.kiln.harness;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivation;
import dev.kiln.derivation.DerivationFile;
import dev.kiln.derivation.DerivationHash;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.derivation.OutputPaths;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathName;
import dev.kiln.storepath.StorePaths;

/** Makes derivations, as an evaluation would: shell scripts that need nothing but the sandbox's own shell. */
public final class Recipes {

  private static final StorePath ANY = StorePath.parseBaseName("00000000000000000000000000000000-any");

  private final Map<StorePath, DerivationHash> hashes = new HashMap<>();

  /** Makes a derivation with one output, {@code out}. */
  public KnownDerivation script(String name, String script, KnownDerivation... inputs) {
    return script(name, script, List.of("out"), List.of(), inputs);
  }

  /** The inputs' outputs are to be had as {@code $in0}, {@code $in1} and so on. */
  public KnownDerivation script(String name, String script, List<String> outputs, List<StorePath> sources,
      KnownDerivation... inputs) {
    SortedMap<String, DerivationOutput> stated = new TreeMap<>();
    outputs.forEach(output -> stated.put(output, new DerivationOutput.InputAddressed(ANY)));
    Derivation draft = draft(name, script, stated, sources, inputs);
    SortedMap<String, StorePath> paths = OutputPaths.of(name, draft, this::hash);
    paths.forEach((output, path) -> stated.put(output, new DerivationOutput.InputAddressed(path)));
    return known(name, draft, stated, paths);
  }

  /** Makes a derivation whose one output is the file that {@code content} hashes to, however it is made. */
  public KnownDerivation fixed(String name, String script, String content, List<StorePath> sources,
      KnownDerivation... inputs) {
    Fixed output = fixed(name, IngestionMethod.FLAT, NixHash.sha256Of(ByteString.utf8(content)));
    return known(name, draft(name, script, outputs(output), sources, inputs), output);
  }

  /** Makes a derivation whose one output is the tree, as a NAR, that {@code hash} is of. */
  public KnownDerivation recursive(String name, String script, NixHash hash) {
    Fixed output = fixed(name, IngestionMethod.RECURSIVE, hash);
    return known(name, draft(name, script, outputs(output), List.of()), output);
  }

  /** Makes a derivation whose one output is the file that {@code content} hashes to and {@code url} has. */
  public KnownDerivation fetched(String name, String url, String content) {
    Fixed output = fixed(name, IngestionMethod.FLAT, NixHash.sha256Of(ByteString.utf8(content)));
    SortedMap<ByteString, ByteString> env = new TreeMap<>();
    env.put(ByteString.utf8("url"), ByteString.utf8(url));
    return known(name, new Derivation(outputs(output), new TreeMap<>(), new TreeSet<>(), ByteString.utf8("builtin"),
        ByteString.utf8("builtin:fetchurl"), List.of(), env), output);
  }

  private static Fixed fixed(String name, IngestionMethod method, NixHash hash) {
    return new Fixed(StorePaths.fixedOutput(new StorePathName(name), method, hash), method, hash);
  }

  private static SortedMap<String, DerivationOutput> outputs(Fixed output) {
    return new TreeMap<>(Map.of("out", output));
  }

  private KnownDerivation known(String name, Derivation draft, Fixed output) {
    return known(name, draft, draft.outputs(), new TreeMap<>(Map.of("out", output.path())));
  }

  /** Makes derivations each of which needs the one before, and writes its number into a file. */
  public List<KnownDerivation> chain(String name, int length) {
    List<KnownDerivation> chain = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      chain.add(i == 0
          ? script(name + "-0", "echo 0 > $out")
          : script(name + "-" + i, "read n < $in0; echo $((n + 1)) > $out", chain.getLast()));
    }
    return chain;
  }

  public static StorePath output(KnownDerivation known) {
    return known.derivation().outputPath("out").orElseThrow();
  }

  private @Nullable DerivationHash hash(StorePath derivation) {
    return hashes.get(derivation);
  }

  private static Derivation draft(String name, String script, SortedMap<String, DerivationOutput> outputs,
      List<StorePath> sources, KnownDerivation... inputs) {
    SortedMap<ByteString, ByteString> env = new TreeMap<>();
    SortedMap<StorePath, SortedSet<String>> inputDerivations = new TreeMap<>();
    for (int i = 0; i < inputs.length; i++) {
      inputDerivations.put(inputs[i].path(), new TreeSet<>(List.of("out")));
      env.put(ByteString.utf8("in" + i), ByteString.utf8(output(inputs[i]).toString()));
    }
    env.put(ByteString.utf8("name"), ByteString.utf8(name));
    outputs.keySet().forEach(output -> env.put(ByteString.utf8(output), ByteString.EMPTY));
    return new Derivation(outputs, inputDerivations, new TreeSet<>(sources), ByteString.utf8(system()),
        ByteString.utf8("/bin/sh"), List.of(ByteString.utf8("-c"), ByteString.utf8(script)), env);
  }

  private static String system() {
    return (System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x86_64") + "-linux";
  }

  private KnownDerivation known(String name, Derivation draft, SortedMap<String, DerivationOutput> outputs,
      SortedMap<String, StorePath> paths) {
    SortedMap<ByteString, ByteString> env = new TreeMap<>(draft.env());
    paths.forEach((output, path) -> env.put(ByteString.utf8(output), ByteString.utf8(path.toString())));
    DerivationFile file = DerivationFile.of(name, new Derivation(outputs, draft.inputDerivations(),
        draft.inputSources(), draft.system(), draft.builder(), draft.args(), env));
    KnownDerivation known = KnownDerivation.verified(file, this::hash);
    hashes.put(file.path(), known.hash());
    return known;
  }
}
