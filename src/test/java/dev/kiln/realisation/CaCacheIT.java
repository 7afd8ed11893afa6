package dev.kiln.realisation;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;

import dev.kiln.derivation.Derivations;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

/** The machine's Nix pushes realisations to Kiln, and has Kiln build what it asks for. */
@KilnTest
class CaCacheIT {

  /** Nobody else's: what is pushed or built here was nowhere before. */
  private static final String CASES = """
      salt = "%s";
      leaf = ca "leaf" {} "echo ${salt} > $out";
      both = ca "both" { outputs = [ "out" "dev" ]; inherit leaf; } "echo $leaf > $dev; echo $dev > $out";
      top = sh "top" { inherit both; } "echo $both > $out";
      slow = ca "slow" {} "sleep 3; echo ${salt} > $out";
      afterSlow = sh "after-slow" { inherit slow; } "echo $slow > $out";
      sourceA = ca "source" { a = 1; } "echo ${salt} > $out";
      sourceB = ca "source" { a = 2; } "echo ${salt} > $out";
      twinA = sh "twin" { source = sourceA; } "sleep 2; cat $source > $out";
      twinB = sh "twin" { source = sourceB; } "sleep 2; cat $source > $out";
      failing = ca "failing" { inherit leaf salt; } "echo no such luck; exit 7";
      """;

  private static final String JSON = "application/json";

  @LocalServerPort
  int port;

  @Autowired
  Derivations derivations;

  private final String cases = CASES.formatted(System.nanoTime());
  private KilnClient kiln;

  @BeforeEach
  void connect() {
    kiln = new KilnClient(URI.create(url()));
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  private String url() {
    return "http://127.0.0.1:" + port;
  }

  private static String instantiate(CaStore store, String name) throws IOException {
    return Objects.requireNonNull(store.instantiate(List.of(name)).get(name));
  }

  private JsonNode push(CaStore store, String drv) throws IOException {
    store.nix.run("nix-store", "--realise", drv).ok();
    store.nix.run("nix", "copy", "--no-check-sigs", "--to", url(), drv).ok();
    return kiln.parse(store.nix.run("nix", "realisation", "info", "--json", drv).ok());
  }

  @Test
  void keepsWhatAClientPushesAndBuildsItNoMore() throws IOException {
    CaStore store = new CaStore(cases);
    String drv = instantiate(store, "top");
    for (JsonNode nix : push(store, drv)) {
      assertThat(nix.get("dependentRealisations").size()).isPositive();
      JsonNode ours = kiln.json("/realisations/" + nix.get("id").asString() + ".doi");
      assertThat(ours.get("outPath")).isEqualTo(nix.get("outPath"));
      assertThat(ours.get("dependentRealisations")).isEqualTo(nix.get("dependentRealisations"));
    }
    store.nix.run("nix", "copy", "--derivation", "--to", url(), drv).ok();
    String base = CaStore.baseName(drv);
    assertThat(kiln.json("/api/v1/derivations/" + base + "/outputs/out").get("path").asString())
        .isEqualTo(store.lines(List.of("nix-store", "--realise", drv)).getFirst());
    assertThat(kiln.json("/api/v1/builds?derivation=" + base)).isEmpty();
  }

  @Test
  void takesThePushOfWhatItBuiltItself() throws IOException {
    CaStore store = new CaStore(cases);
    String drv = instantiate(store, "top");
    store.register(kiln, List.of(drv));
    kiln.json("/api/v1/derivations/" + CaStore.baseName(drv) + "/outputs/out");
    assertThat(push(store, drv)).hasSize(1);
  }

  @Test
  void keepsTheSignaturesOfAll() throws IOException {
    CaStore store = new CaStore(cases);
    JsonNode leaf = push(store, instantiate(store, "leaf")).get(0);
    String target = "/realisations/" + leaf.get("id").asString() + ".doi";
    String signed = leaf.toString().replace("\"signatures\":[]", "\"signatures\":[\"someone-1:c2lnbmF0dXJl\"]");
    assertThat(put(target, signed).statusCode()).isEqualTo(200);
    assertThat(put(target, signed).statusCode()).isEqualTo(200);
    JsonNode signatures = kiln.json(target).get("signatures");
    assertThat(signatures).hasSize(2);
    assertThat(signatures.toString()).contains("someone-1:c2lnbmF0dXJl");
  }

  private HttpResponse<String> put(String target, String json) throws IOException {
    return kiln.put(target, JSON, json.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
      409 | {"id":"ID","outPath":"00000000000000000000000000000000-x","dependentRealisations":{},"signatures":[]}
      409 | {"id":"ID","outPath":"OTHER","dependentRealisations":{},"signatures":[]}
      422 | {"id":"OTHERID","outPath":"PATH","dependentRealisations":{},"signatures":[]}
      422 | {"id":"ID","outPath":"PATH","dependentRealisations":{"OTHERID":"PATH"},"signatures":[]}
      400 | {"id":"ID","outPath":"PATH","dependentRealisations":{"OTHERID":7},"signatures":[]}
      400 | {"id":"ID","outPath":"PATH","dependentRealisations":[],"signatures":[]}
      400 | {"id":"ID","outPath":"/nix/store/PATH","dependentRealisations":{},"signatures":[]}
      400 | {"id":"ID","id":"ID","outPath":"PATH","dependentRealisations":{},"signatures":[]}
      400 | {"id":"ID","outPath":"PATH","signatures":["no colon"]}
      400 | {"id":"ID","outPath":"PATH","signatures":"x:y"}
      400 | {"id":"ID"}
      400 | {"outPath":"PATH"}
      400 | ["ID","PATH"]
      400 | {"id":"ID","outPath":"PATH"} {}
      400 | {"id":"ID","outPath":"PATH"
      """)
  void refusesRealisationsThatAreNone(int status, String json) throws IOException {
    CaStore store = new CaStore(cases);
    JsonNode leaf = push(store, instantiate(store, "leaf")).get(0);
    JsonNode slow = push(store, instantiate(store, "slow")).get(0);
    String id = leaf.get("id").asString();
    String target = "/realisations/" + id + ".doi";
    JsonNode before = kiln.json(target);
    String unknown = id.replaceAll("!.*", "!none");
    HttpResponse<String> answer = put(target, json.replace("OTHERID", unknown).replace("ID", id)
        .replace("PATH", leaf.get("outPath").asString()).replace("OTHER", slow.get("outPath").asString()));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(kiln.json(target)).isEqualTo(before);
    assertThat(kiln.get("/realisations/" + unknown + ".doi").statusCode()).isEqualTo(404);
  }

  @Test
  void refusesRealisationsWhosePathIsNotHere() throws IOException {
    String id = "sha256:" + "0".repeat(64) + "!out";
    HttpResponse<String> answer = put("/realisations/" + id + ".doi",
        "{\"id\":\"" + id + "\",\"outPath\":\"00000000000000000000000000000000-x\"}");
    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(answer.body()).contains("/nix/store/00000000000000000000000000000000-x");
    assertThat(kiln.get("/realisations/" + id + ".doi").statusCode()).isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource({"sha256:00!out", "sha1:0000000000000000000000000000000000000000!out",
      "sha256:0000000000000000000000000000000000000000000000000000000000000000",
      "sha256:0000000000000000000000000000000000000000000000000000000000000000!",
      "sha256:000000000000000000000000000000000000000000000000000000000000000A!out",
      "sha256:0000000000000000000000000000000000000000000000000000000000000000!o%20ut"})
  void knowsNoRealisationsOfNamesThatNoneHas(String id) throws IOException {
    assertThat(kiln.get("/realisations/" + id + ".doi").statusCode()).isEqualTo(404);
    assertThat(kiln.get("/on-demand/realisations/" + id + ".doi").statusCode()).isEqualTo(404);
    assertThat(put("/realisations/" + id + ".doi", "{}").statusCode()).isEqualTo(400);
  }

  @Test
  void refusesWhatADerivationKnowsBetter() throws IOException {
    CaStore store = new CaStore(cases.replace("ca \"leaf\"", "sh \"leaf\""));
    String drv = instantiate(store, "leaf");
    store.register(kiln, List.of(drv));
    CaStore other = new CaStore(cases);
    JsonNode slow = push(other, instantiate(other, "slow")).get(0);
    store.nix.run("nix-store", "--realise", drv).ok();
    JsonNode leaf = kiln.parse(store.nix.run("nix", "realisation", "info", "--json", drv).ok()).get(0);
    HttpResponse<String> answer = put("/realisations/" + leaf.get("id").asString() + ".doi",
        leaf.toString().replace(leaf.get("outPath").asString(), slow.get("outPath").asString()));
    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(answer.body()).contains("by its derivation");
  }

  @Test
  void buildsOnDemandWhatAClientWants() throws IOException {
    String key = kiln.get("/api/v1/public-key").body().strip();
    CaStore client = new CaStore(cases, "substituters = " + url() + "/on-demand", "trusted-public-keys = " + key);
    String drv = instantiate(client, "afterSlow");
    client.register(kiln, List.of(drv));
    var realised = client.nix.run("nix-store", "--realise", drv);
    realised.ok();
    assertThat(realised.err()).contains("copying path").doesNotContain("building '");
    assertThat(kiln.json("/api/v1/builds?derivation=" + CaStore.baseName(drv))).hasSize(1);
    client.nix.run("nix-store", "--verify", "--check-contents").ok();
  }

  @Test
  void buildsOnceWhatTwoResolveToAtTheSameTime() throws Exception {
    CaStore store = new CaStore(cases);
    Map<String, String> twins = store.instantiate(List.of("twinA", "twinB"));
    store.register(kiln, twins.values());
    List<Future<JsonNode>> reads = new ArrayList<>();
    try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (String drv : twins.values()) {
        reads.add(readers.submit(() -> kiln.json("/api/v1/derivations/" + CaStore.baseName(drv) + "/outputs/out")));
      }
    }
    String path = reads.getFirst().get().get("path").asString();
    assertThat(reads.getLast().get().get("path").asString()).isEqualTo(path);
    String resolved = kiln.json("/api/v1/paths/" + CaStore.baseName(path)).get("deriver").asString();
    assertThat(twins.values()).doesNotContain(resolved);
    JsonNode builds = kiln.json("/api/v1/builds?derivation=" + CaStore.baseName(resolved));
    assertThat(builds).hasSize(1);
  }

  @Test
  void tellsOnDemandWhyABuildFailed() throws IOException {
    CaStore store = new CaStore(cases);
    String drv = instantiate(store, "failing");
    store.register(kiln, List.of(drv));
    String id = derivations.find(StorePath.parse(drv).hash()).orElseThrow().outputHash().prefixedBase16() + "!out";
    String target = "/on-demand/realisations/" + id + ".doi";
    try {
      assertThat(kiln.get(target).statusCode()).isEqualTo(424);
    } catch (IOException _) {
      // it took longer than a client is left without a byte: the body is broken off, and the next answer tells
    }
    HttpResponse<String> answer = kiln.get(target);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(424);
    JsonNode problem = kiln.parse(answer.body());
    assertThat(problem.get("exitCode").asInt()).isEqualTo(7);
    assertThat(problem.get("logTail").get(0).asString()).isEqualTo("no such luck");
    assertThat(kiln.get("/realisations/" + id + ".doi").statusCode()).isEqualTo(404);
  }
}
