package dev.kiln.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.NixClient;
import dev.kiln.harness.Programs;
import dev.kiln.harness.TemporaryDirectories;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.NarSink;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The machine's Nix evaluates random expressions, and both build what it makes of them: {@code -Dkiln.random.builds} of them
 * (150), from {@code -Dkiln.random.seed} (1). A longer run begins with the same derivations as a shorter one.
 */
@KilnTest
@TestPropertySource(properties = "kiln.build.max-jobs=2")
class RandomBuildsIT {

  /** So many trees, and so many files that refer to them. */
  static final int SOURCES = 5;

  /** So many command line arguments, and so long a wait for Nix. */
  static final int AT_ONCE = 50;

  private final int builds = Integer.getInteger("kiln.random.builds", 150);
  private final long seed = Long.getLong("kiln.random.seed", 1);
  private final List<String> expressions = new ArrayList<>();

  /** What is said of a path that was built. */
  record Said(String narHash, long narSize, Set<String> references, Optional<String> deriver,
      Optional<String> ca) {

    static Said of(JsonNode info) {
      return new Said(NixHash.parse(info.get("narHash").asString(), HashAlgorithm.SHA256).sri(),
          info.get("narSize").asLong(), GoldenCases.strings(info.get("references")), optional(info, "deriver"),
          optional(info, "ca"));
    }

    private static Optional<String> optional(JsonNode info, String field) {
      return Optional.ofNullable(info.get(field)).map(JsonNode::asString);
    }
  }

  @Test
  void haveTheSameOutputsFromNixAndKiln(@LocalServerPort int port) throws Exception {
    var nix = new NixClient("sandbox = true", "max-jobs = 2", "keep-going = true");
    // Behind a '!' stands the first output, if that is not "out"
    List<String> derivations = nix
        .run("nix-instantiate", expression(new RandomExpressions(seed), builds, expressions).toString()).ok().lines()
        .map(line -> line.replaceFirst("!.*", "")).toList();
    assertThat(derivations).hasSize(builds);
    Map<String, String> outputs = outputs(nix, derivations);
    for (int from = 0; from < builds; from += AT_ONCE) {
      // What fails is not among the paths that it has afterwards
      nix.run(command(List.of("nix-store", "--realise"), derivations.subList(from, Math.min(builds, from + AT_ONCE))));
    }
    try (var kiln = new KilnClient(URI.create("http://127.0.0.1:" + port))) {
      Map<String, Said> theirs = new TreeMap<>();
      kiln.parse(nix.run("nix", "path-info", "--json", "--all").ok())
          .forEach(info -> theirs.put(info.get("path").asString(), Said.of(info)));
      push(nix, port, kiln, new TreeSet<>(derivations), theirs.keySet());
      assertSame(outputs, derivations, theirs, readAll(kiln, outputs.keySet()));
    }
  }

  /**
   * @param expressions gets the derivations' own
   * @return a file with a list of all derivations
   */
  static Path expression(RandomExpressions random, int builds, List<String> expressions) throws IOException {
    Path directory = TemporaryDirectories.create("kiln-random-");
    Files.copy(Path.of("/bin/busybox"), Files.createDirectory(directory.resolve("bb")).resolve("busybox"));
    var text = new StringBuilder("let\n  bb = builtins.path { path = ./bb; name = \"bb\"; };\n");
    for (int i = 0; i < SOURCES; i++) {
      restore(random.source(i), directory.resolve("source" + i));
      text.append("  source%d = builtins.path { path = ./source%d; name = \"source+%d\"; };%n".formatted(i, i, i));
      text.append("  text%d = %s;%n".formatted(i, random.text(i)));
    }
    for (int i = 0; i < builds; i++) {
      expressions.add(random.next());
      text.append("  d%d = %s;%n".formatted(i, expressions.getLast()));
    }
    text.append("in [");
    for (int i = 0; i < builds; i++) {
      text.append(" d").append(i);
    }
    return Files.writeString(directory.resolve("x.nix"), text.append(" ]\n"), StandardCharsets.ISO_8859_1);
  }

  private static void restore(RandomTree tree, Path path) throws IOException {
    Path nar = path.resolveSibling(path.getFileName() + ".nar");
    try (OutputStream out = Files.newOutputStream(nar)) {
      tree.sendTo(new NarSink(out), null);
    }
    Programs.run("sh", "-c", "nix-store --restore " + path + " < " + nar);
  }

  /** @return the derivation of each output; where several have the same, one of them */
  private static Map<String, String> outputs(NixClient nix, List<String> derivations) throws IOException {
    Map<String, String> outputs = new LinkedHashMap<>();
    for (String derivation : derivations) {
      nix.run("nix-store", "--query", "--outputs", derivation).ok().lines()
          .forEach(output -> outputs.put(output, derivation));
    }
    return outputs;
  }

  /** Derivations in one tar, what they are made of as a client copies it. */
  static void push(NixClient nix, int port, KilnClient kiln, Set<String> derivations, Set<String> all)
      throws IOException {
    var sources = new TreeSet<String>();
    for (List<String> some : parts(List.copyOf(derivations)))
      nix.run(command(List.of("nix-store", "--query", "--references"), some)).ok().lines()
          .filter(path -> !path.endsWith(".drv")).forEach(sources::add);
    assertThat(all).containsAll(sources);
    nix.run(command(List.of("nix", "copy", "--to", "http://127.0.0.1:" + port + "?compression=none"),
        List.copyOf(sources))).ok();
    var tar = new ArrayList<>(List.of("tar", "--create", "--directory", nix.root().resolve("nix/store").toString()));
    derivations.forEach(derivation -> tar.add(baseName(derivation)));
    HttpResponse<String> registered = kiln.post("/api/v1/derivations", KilnClient.TAR,
        Programs.run(tar.toArray(String[]::new)));
    assertThat(registered.statusCode()).as(registered.body()).isEqualTo(200);
    assertThat(kiln.parse(registered.body()).get("missingSources")).isEmpty();
  }

  static List<List<String>> parts(List<String> all) {
    List<List<String>> parts = new ArrayList<>();
    for (int from = 0; from < all.size(); from += AT_ONCE)
      parts.add(all.subList(from, Math.min(all.size(), from + AT_ONCE)));
    return parts;
  }

  static String[] command(List<String> command, List<String> arguments) {
    var all = new ArrayList<>(command);
    all.addAll(arguments);
    return all.toArray(String[]::new);
  }

  /** @return by path: what Kiln says of it, or why it has none */
  private static Map<String, Object> readAll(KilnClient kiln, Set<String> outputs) throws Exception {
    Map<String, Future<Object>> answers = new LinkedHashMap<>();
    try (var readers = Executors.newFixedThreadPool(8)) {
      for (String output : outputs)
        answers.put(output, readers.submit((Callable<Object>) () -> read(kiln, output)));
    }
    Map<String, Object> all = new TreeMap<>();
    for (var answer : answers.entrySet())
      all.put(answer.getKey(), answer.getValue().get());
    return all;
  }

  private static Object read(KilnClient kiln, String output) throws IOException {
    String name = baseName(output).replace("?", "%3F");
    String body;
    try (InputStream answer = kiln.open("/store/" + name).body()) {
      body = new String(answer.readNBytes(2_000), StandardCharsets.ISO_8859_1);
    }
    HttpResponse<String> info = kiln.get("/api/v1/paths/" + name);
    if (info.statusCode() != 200)
      return body;
    Said said = Said.of(kiln.parse(info.body()));
    assertThat(servedNarHash(kiln, output)).as("NAR of %s", output).isEqualTo(said.narHash());
    return said;
  }

  private static String servedNarHash(KilnClient kiln, String output) throws IOException {
    String url = kiln.get("/" + StorePath.parse(output).hash() + ".narinfo").body().lines()
        .filter(line -> line.startsWith("URL: ")).findFirst().orElseThrow().substring(5);
    var hash = new HashingOutputStream(OutputStream.nullOutputStream(), HashAlgorithm.SHA256);
    try (InputStream nar = kiln.open("/" + url).body()) {
      nar.transferTo(hash);
    }
    return hash.hash().sri();
  }

  private void assertSame(Map<String, String> outputs, List<String> derivations, Map<String, Said> theirs,
      Map<String, Object> ours) {
    var differences = new ArrayList<String>();
    int built = 0;
    for (var output : outputs.entrySet()) {
      Said nix = theirs.get(output.getKey());
      Object kiln = ours.get(output.getKey());
      if (nix == null ? kiln instanceof Said : !nix.equals(kiln))
        differences.add(output.getKey() + "\n  Nix:  " + nix + "\n  Kiln: " + kiln + "\n  of d"
            + derivations.indexOf(output.getValue()) + " = "
            + expressions.get(derivations.indexOf(output.getValue())));
      if (nix != null)
        built++;
    }
    assertThat(differences).as("seed %d, %d outputs of %d derivations", seed, outputs.size(), builds).isEmpty();
    assertThat(built).as("outputs that Nix built, of %d", outputs.size()).isGreaterThan(outputs.size() * 9 / 10);
  }

  static String baseName(String storePath) {
    return storePath.substring("/nix/store/".length());
  }
}
