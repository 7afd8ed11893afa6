package dev.kiln.harness;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivation;
import dev.kiln.derivation.DerivationFile;
import dev.kiln.derivation.DerivationHash;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.derivation.DerivationOutput.InputAddressed;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.derivation.OutputPaths;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathName;
import dev.kiln.storepath.StorePaths;

/**
 * Derivations of the size and shape of nixpkgs': 10 to 40 inputs, three sources or less, an environment of some kilobytes, every third with two
 * outputs and every twentieth a download. The same for the same seed.
 */
public final class GeneratedClosure {

  private static final StorePath ANY = StorePath.parseBaseName("00000000000000000000000000000000-any");
  private static final int MIN_INPUTS = 10;
  private static final int MORE_INPUTS = 31;
  private static final int RECENT = 2_000;

  private final Random random;
  private final long seed;
  private final List<KnownDerivation> made = new ArrayList<>();
  private final Map<StorePath, DerivationHash> hashes = new HashMap<>();

  public GeneratedClosure(long seed) {
    this.seed = seed;
    this.random = new Random(seed);
  }

  /** @return {@code count} more, each after those that it needs */
  public List<KnownDerivation> next(int count) {
    for (int i = 0; i < count; i++) {
      int number = made.size();
      KnownDerivation known = number % 20 == 0 ? download(number) : build(number);
      hashes.put(known.path(), known.hash());
      made.add(known);
    }
    return List.copyOf(made.subList(made.size() - count, made.size()));
  }

  /** @return what stands for those that were made, by path */
  public Map<StorePath, DerivationHash> hashes() {
    return Map.copyOf(hashes);
  }

  private KnownDerivation download(int number) {
    String name = "package-" + seed + "-" + number + ".tar.gz";
    Fixed output = new Fixed(
        StorePaths.fixedOutput(new StorePathName(name), IngestionMethod.FLAT, NixHash.sha256Of(name)),
        IngestionMethod.FLAT, NixHash.sha256Of(name));
    SortedMap<ByteString, ByteString> env = env(Map.of("name", name, "out", output.path().toString(), "urls",
        "https://example.org/releases/" + name + " https://mirror.example.org/" + name, "outputHash",
        output.hash().base32(), "outputHashAlgo", "sha256", "outputHashMode", "flat", "preferLocalBuild", "1"));
    return known(name, new Derivation(new TreeMap<>(Map.of("out", output)), inputs(2), sources(1), text("x86_64-linux"),
        text("/bin/sh"), List.of(text("-e"), text("builder.sh")), env));
  }

  private KnownDerivation build(int number) {
    String name = "package-" + seed + "-" + number + "-1." + number % 40;
    double share = random.nextDouble();
    SortedMap<StorePath, SortedSet<String>> inputs = inputs(MIN_INPUTS + (int) (share * share * MORE_INPUTS));
    List<String> outputs = number % 3 == 0 ? List.of("dev", "out") : List.of("out");
    SortedMap<String, DerivationOutput> drafts = new TreeMap<>();
    outputs.forEach(output -> drafts.put(output, new InputAddressed(ANY)));
    Map<String, String> variables = new HashMap<>(Map.of("name", name, "system", "x86_64-linux", "version",
        "1." + number % 40, "builder", "/bin/sh", "outputs", String.join(" ", outputs), "strictDeps", "1", "doCheck",
        "1",
        "buildInputs", outputsOf(inputs)));
    variables.put("configureFlags", "--enable-shared --disable-static --with-number=" + number);
    variables.put("postInstall", """
        for each in $out/bin/*; do
        \twrapProgram "$each" --prefix PATH : "$out/bin"
          substituteInPlace "$each" --replace '/usr/bin/env' "${coreutils}\\bin"
        done
        """.repeat(1 + number % 5));
    variables.put("meta",
        "A package that does number " + number + " of all the things there are to be done. ".repeat(4));
    outputs.forEach(output -> variables.put(output, ""));
    SortedSet<StorePath> sources = sources(3);
    Derivation draft = new Derivation(drafts, inputs, sources, text("x86_64-linux"), text("/bin/sh"),
        List.of(text("-e"), text(sources.first().toString())), env(variables));
    SortedMap<String, DerivationOutput> stated = new TreeMap<>();
    OutputPaths.of(name, draft, hashes::get).forEach((output, path) -> {
      stated.put(output, new InputAddressed(path));
      variables.put(output, path.toString());
    });
    return known(name,
        new Derivation(stated, inputs, sources, draft.system(), draft.builder(), draft.args(), env(variables)));
  }

  private KnownDerivation known(String name, Derivation derivation) {
    return KnownDerivation.verified(DerivationFile.of(name, derivation), hashes::get);
  }

  private SortedMap<StorePath, SortedSet<String>> inputs(int wanted) {
    SortedMap<StorePath, SortedSet<String>> inputs = new TreeMap<>();
    for (int i = 0; i < wanted && !made.isEmpty(); i++) {
      // most lead to few, as to a compiler
      int from = i % 2 == 0 ? 0 : Math.max(0, made.size() - RECENT);
      int to = i % 2 == 0 ? Math.min(made.size(), RECENT / 10) : made.size();
      KnownDerivation input = made.get(from + random.nextInt(to - from));
      inputs.put(input.path(), new TreeSet<>(List.of(input.derivation().outputs().firstKey())));
    }
    return inputs;
  }

  private SortedSet<StorePath> sources(int wanted) {
    SortedSet<StorePath> sources = new TreeSet<>();
    for (int i = 0; i < wanted; i++) {
      StorePathName name = new StorePathName("source-" + random.nextInt(20) + ".sh");
      sources.add(StorePaths.source(name, NixHash.sha256Of(name.value()), new TreeSet<>(), false));
    }
    return sources;
  }

  private String outputsOf(SortedMap<StorePath, SortedSet<String>> inputs) {
    StringBuilder text = new StringBuilder();
    inputs.forEach((path, outputs) -> text.append(StorePath.STORE_DIR).append('/').append(path.hash()).append("-lib ")
        .append(outputs.first()).append(' '));
    return text.toString();
  }

  private static SortedMap<ByteString, ByteString> env(Map<String, String> variables) {
    SortedMap<ByteString, ByteString> env = new TreeMap<>();
    variables.forEach((name, value) -> env.put(text(name), text(value)));
    return env;
  }

  private static ByteString text(String text) {
    return ByteString.utf8(text);
  }
}
