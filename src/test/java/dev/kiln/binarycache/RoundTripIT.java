package dev.kiln.binarycache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import dev.kiln.harness.Client;
import dev.kiln.harness.KilnProcess;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.NixClient;
import dev.kiln.harness.Programs;
import dev.kiln.harness.TemporaryDirectories;
import dev.kiln.hash.NixHash;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.realise.Realiser;
import dev.kiln.register.DerivationRegistrar;
import dev.kiln.register.SourceImporter;
import dev.kiln.storepath.StorePath;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every golden path, from Nix's own bytes into a client's store, pushed from there to a Kiln with little memory, and pulled from
 * it into an empty store.
 */
@KilnTest
@TestPropertySource(properties = "kiln.cache.priority=31")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RoundTripIT {

  /** Whose NARs are too large for the resources. The other Kiln builds them. */
  private static final List<String> LARGE = List.of("trees.bigZero", "trees.many", "trees.big100", "fail.writeVictim");
  private static final String[] QUICK = {"require-sigs = false", "fsync-metadata = false"};

  @LocalServerPort
  int port;
  @Autowired
  DerivationRegistrar registrar;
  @Autowired
  SourceImporter importer;
  @Autowired
  Realiser realiser;
  @Autowired
  PathInfos pathInfos;

  private NixClient source;
  private KilnProcess kiln;
  private Client client;

  @BeforeAll
  void pushEverything() throws Exception {
    Path directory = TemporaryDirectories.create("kiln-round-trip-");
    new GoldenKiln(registrar, importer, realiser).build(LARGE);
    source = new NixClient(QUICK);
    List<String> large = LARGE.stream().map(GoldenKiln::output).map(StorePath::toString).toList();
    SortedSet<StorePath> small = GoldenCache.closed();
    run(source, List.of("nix", "copy", "--from", GoldenCache.write(directory.resolve("golden")).url(), "--to",
        source.root().toString()), strings(small));
    run(source, List.of("nix", "copy", "--from", builder(), "--to", source.root().toString()), large);
    kiln = KilnProcess.start(directory.resolve("data"), "-Xmx256m");
    client = new Client(kiln.baseUri().getPort());
    run(source, List.of("nix", "copy", "--to", url()), strings(small));
    run(source, List.of("nix", "copy", "--to", url() + "?compression=none"), large);
  }

  @AfterAll
  void stop() throws IOException {
    kiln.close();
    assertThat(kiln.log()).doesNotContain(" ERROR ");
  }

  /** @return the Kiln that has built what is large */
  private String builder() {
    return "http://127.0.0.1:" + port;
  }

  /** @return the Kiln that was pushed to */
  private String url() throws IOException {
    return kiln.baseUri().toString();
  }

  private static List<String> strings(Collection<StorePath> paths) {
    return paths.stream().map(StorePath::toString).toList();
  }

  /** Nix takes a derivation for what it builds, unless it is told not to. */
  private static String run(NixClient nix, List<String> command, List<String> paths) throws IOException {
    List<String> derivations = paths.stream().filter(path -> path.endsWith(".drv")).toList();
    List<String> others = paths.stream().filter(path -> !path.endsWith(".drv")).toList();
    String said = nix.run(Stream.concat(command.stream(), others.stream()).toArray(String[]::new)).ok();
    return derivations.isEmpty() ? said
        : said + nix.run(Stream.of(command, List.of("--derivation"), derivations)
            .flatMap(List::stream).toArray(String[]::new)).ok();
  }

  @Test
  void givesEveryGoldenPathBackAsItWas() throws IOException {
    NixClient nix = GoldenKiln.trusting(client.get("/api/v1/public-key").body().strip(), "fsync-metadata = false");
    List<String> all = strings(GoldenKiln.paths());
    run(nix, List.of("nix", "copy", "--from", url(), "--to", nix.root().toString()), all);
    nix.run("nix-store", "--verify", "--check-contents").ok();
    JsonNode infos = JsonMapper.shared().readTree(nix.run("nix", "path-info", "--all", "--json").ok());
    SortedSet<String> pulled = new TreeSet<>();
    for (JsonNode info : infos) {
      StorePath path = StorePath.parse(info.get("path").asString());
      JsonNode truth = GoldenKiln.path(path);
      assertThat(NixHash.parse(info.get("narHash").asString())).as(path.toString())
          .isEqualTo(NixHash.parse(truth.get("narHash").asString()));
      assertThat(info.get("narSize")).isEqualTo(truth.get("narSize"));
      assertThat(info.get("references")).isEqualTo(truth.get("references"));
      assertThat(info.path("deriver").asString("")).isEqualTo(truth.path("deriver").asString(""));
      assertThat(info.path("ca").asString("")).isEqualTo(truth.path("ca").asString(""));
      pulled.add(path.toString());
    }
    assertThat(pulled).containsExactlyElementsOf(all);
  }

  @Test
  void tellsTheClosureOfEverything() throws IOException {
    List<String> all = strings(GoldenKiln.paths());
    String closure = run(new NixClient(), List.of("nix", "path-info", "-r", "--store", url()), all);
    assertThat(closure.lines().distinct()).containsExactlyInAnyOrderElementsOf(all);
  }

  @Test
  void letsAClientCopyToAnotherKiln() throws IOException {
    List<String> paths = Stream.of("graphs.layers", "trees.tree", "trees.names", "refs.selfRef", "texts.name2")
        .map(name -> GoldenKiln.output(name).toString()).toList();
    run(new NixClient(), List.of("nix", "copy", "--from", url(), "--to", builder()), paths);
    for (String path : paths) {
      pathInfos.closure(List.of(StorePath.parse(path).hash())).forEach(info -> assertThat(info.narHash())
          .isEqualTo(NixHash.parse(GoldenKiln.path(info.path()).get("narHash").asString())));
      assertThat(pathInfos.find(StorePath.parse(path).hash())).isPresent();
    }
  }

  @Test
  void takesSignaturesLater() throws IOException {
    Path key = Files.writeString(source.root().resolve("key"),
        source.run("nix", "key", "generate-secret", "--key-name", "later-1").ok());
    StorePath path = GoldenKiln.output("graphs.refChain5");
    source.run("nix", "store", "sign", "--recursive", "--store", url(), "--key-file", key.toString(), path.toString())
        .ok();
    assertThat(client.get("/" + path.hash() + ".narinfo").body()).contains("\nSig: later-1:", "\nSig: kiln");
    NixClient nix = GoldenKiln.trusting(publicKeyOf(key));
    nix.run("nix", "copy", "--from", url(), "--to", nix.root().toString(), path.toString()).ok();
  }

  private static String publicKeyOf(Path key) throws IOException {
    return new String(Programs.run("sh", "-c",
        "nix --extra-experimental-features nix-command key convert-secret-to-public < " + key), UTF_8).strip();
  }

  @Test
  void keepsLogsThatAreCopied() throws IOException {
    String derivation = GoldenKiln.derivation("texts.name2").baseName();
    Path log = source.root().resolve("nix/var/log/nix/drvs").resolve(derivation.substring(0, 2))
        .resolve(derivation.substring(2));
    Files.createDirectories(log.getParent());
    Files.writeString(log, "built\nelsewhere\n");
    source.run("nix", "store", "copy-log", "--to", url(), "/nix/store/" + derivation).ok();
    assertThat(client.get("/log/" + derivation.replace("?", "%3F")).body()).isEqualTo("built\nelsewhere\n");
    assertThat(source.run("nix", "log", "--store", url(), "/nix/store/" + derivation).ok())
        .contains("built\nelsewhere\n");
    assertThat(client.get("/log/" + GoldenKiln.output("texts.name2").baseName().replace("?", "%3F")).body())
        .isEqualTo("built\nelsewhere\n");
  }
}
