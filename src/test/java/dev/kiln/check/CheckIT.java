package dev.kiln.check;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.Client;
import dev.kiln.harness.GoldenFiles;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Recipes;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

/** Builds again what was built. */
@KilnTest
class CheckIT {

  private static final StorePath BUSYBOX = StorePath.parseBaseName("9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb");
  private static final String BB = "bb=" + BUSYBOX + "/busybox; read random < /proc/sys/kernel/random/uuid; ";

  @Autowired
  JdbcTemplate jdbc;

  @Autowired
  @Qualifier("checkExecutor")
  ExecutorService executor;

  private final ObjectMapper json = new ObjectMapper();
  private final Recipes recipes = new Recipes();
  private Client kiln;

  @BeforeEach
  void open(@LocalServerPort int port) throws Exception {
    kiln = new Client(port);
    try (KilnClient client = new KilnClient(kiln.base())) {
      GoldenFiles.importBusybox(client);
    }
  }

  private JsonNode get(String target) {
    HttpResponse<String> response = kiln.get(target);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return json.readTree(response.body());
  }

  /** @return the build's URL */
  private String built(KnownDerivation known) {
    kiln.register(known);
    assertThat(kiln.get("/store/" + Recipes.output(known).baseName()).statusCode()).isEqualTo(200);
    return newest(known);
  }

  private String newest(KnownDerivation known) {
    return "/api/v1/builds/" + get("/api/v1/builds?derivation=" + known.path().baseName()).get(0).get("id").asString();
  }

  private HttpResponse<String> post(String build, String... headers) {
    return kiln.send("POST", build + "/check", new byte[0], headers);
  }

  private JsonNode check(String build) {
    HttpResponse<String> response = post(build);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return json.readTree(response.body());
  }

  private void assertProblem(HttpResponse<String> response, int status, String kind) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(json.readTree(response.body()).get("type").asString()).isEqualTo("urn:kiln:problem:" + kind);
  }

  @Test
  void saysIdenticalOfWhatIsMadeTheSameWayAgain() {
    KnownDerivation input = recipes.script("check-input", "echo input > $out");
    KnownDerivation known = recipes.script("check-same", "read x < $in0; echo $x $out > $out; echo $out > $dev",
        List.of("out", "dev"), List.of(), input);
    kiln.register(input);
    String build = built(known);
    JsonNode check = check(build);
    assertThat(check.get("state").asString()).as(check.toString()).isEqualTo("identical");
    assertThat(check.get("build").asString()).isEqualTo(build);
    assertThat(check.get("derivation").asString()).isEqualTo(known.path().toString());
    assertThat(check.get("outputs").values()).hasSize(2).allSatisfy(output -> {
      assertThat(output.get("identical").asBoolean()).isTrue();
      assertThat(output.get("differences")).isEmpty();
      assertThat(output.get("rebuiltPath")).isEqualTo(output.get("path"));
    });
    assertThat(get("/api/v1/builds?derivation=" + known.path().baseName())).hasSize(1);
    assertThat(jdbc.queryForList("select name from path_info where name like 'check-same%'", String.class)).hasSize(2);
  }

  @Test
  void listsWhatDiffersAndLeavesWhatIsStoredAsItIs() {
    KnownDerivation known = recipes.script("check-random", BB + """
        $bb mkdir -p $out/bin $out/same/deep; echo same > $out/same/deep/file
        echo $random > $out/bin/random; echo $out > $out/bin/self
        $bb ln -s $random $out/link
        echo odd$random > $out/$(printf '\\377 %%"')
        $bb mkdir $out/dir-$random; echo x > $out/dir-$random/x
        """, List.of("out"), List.of(BUSYBOX));
    String build = built(known);
    String content = "/store/" + Recipes.output(known).baseName() + "/bin/random";
    String before = kiln.get(content).body();
    JsonNode check = check(build);
    assertThat(check.get("state").asString()).as(check.toString()).isEqualTo("different");
    JsonNode output = check.get("outputs").get(0);
    assertThat(output.get("output").asString()).isEqualTo("out");
    assertThat(output.get("identical").asBoolean()).isFalse();
    assertThat(output.get("truncated").asBoolean()).isFalse();
    List<String> told = new ArrayList<>();
    output.get("differences").forEach(each -> told.add(
        each.get("encoded").asString().replaceAll("dir-.*", "dir") + " " + each.get("changes").get(0).asString()));
    assertThat(told).containsExactlyInAnyOrder("bin/random content", "dir added", "dir removed", "link target",
        "%FF%20%25%22 content");
    JsonNode random = output.get("differences").get(0);
    assertThat(random.get("path").asString()).isEqualTo("bin/random");
    assertThat(random.get("stored").get("type").asString()).isEqualTo("regular");
    assertThat(random.get("stored").get("digest")).isNotEqualTo(random.get("rebuilt").get("digest"));
    assertThat(kiln.get(content).body()).isEqualTo(before);
    String id = check.get("id").asString();
    assertThat(get(build + "/checks/" + id)).isEqualTo(check);
    assertThat(get(build + "/checks").get(0)).isEqualTo(check);
    assertThat(get("/api/v1/paths/" + Recipes.output(known).baseName() + "/checks").get(0)).isEqualTo(check);
  }

  @Test
  void refusesWhatFailed() {
    KnownDerivation failing = recipes.script("check-fails", "exit 3");
    kiln.register(failing);
    assertThat(kiln.get("/store/" + Recipes.output(failing).baseName()).statusCode()).isEqualTo(424);
    assertProblem(post(newest(failing)), 409, "nothing-to-compare");
  }

  @Test
  void buildsFixedOutputsAgainWhateverElseHasTheirContent() {
    KnownDerivation known = recipes.fixed("check-fixed", "echo again; printf fixed > $out", "fixed", List.of());
    String build = built(known);
    JsonNode check = check(build);
    assertThat(check.get("state").asString()).isEqualTo("identical");
    KnownDerivation moody = recipes.fixed("check-moody", BB + """
        case $random in [0-7]*) printf a > $out;; *) printf b > $out;; esac
        """, "a", List.of(BUSYBOX));
    kiln.register(moody);
    // right by chance at some time
    while (kiln.get("/store/" + Recipes.output(moody).baseName()).statusCode() != 200) {
      assertThat(get("/api/v1/builds?derivation=" + moody.path().baseName()).size()).isLessThan(60);
    }
    String succeeded = newest(moody);
    JsonNode wrong = check(succeeded);
    for (int i = 0; i < 60 && wrong.get("state").asString().equals("identical"); i++) {
      wrong = check(succeeded);
    }
    assertThat(wrong.get("state").asString()).isEqualTo("failed");
    assertThat(wrong.get("failure").get("kind").asString()).isEqualTo("HASH_MISMATCH");
    assertThat(wrong.has("outputs")).isFalse();
  }

  @Test
  void answersAtOnceWhoDoesNotWantToWaitAndLetsOthersJoin() throws Exception {
    String build = built(recipes.script("check-later", "echo later > $out"));
    CountDownLatch free = new CountDownLatch(1);
    String location;
    try {
      executor.execute(() -> await(free));
      HttpResponse<String> accepted = post(build, "Prefer", "respond-async");
      assertThat(accepted.statusCode()).isEqualTo(202);
      location = accepted.headers().firstValue("Location").orElseThrow();
      assertThat(json.readTree(accepted.body()).get("state").asString()).isEqualTo("queued");
      assertThat(get(location).get("state").asString()).isEqualTo("queued");
      HttpResponse<String> joined = post(build, "Prefer", "wait=0");
      assertThat(joined.statusCode()).isEqualTo(202);
      assertThat(joined.headers().firstValue("Location")).contains(location);
    } finally {
      free.countDown();
    }
    // joins it, or comes after it
    post(build);
    assertThat(get(location).get("state").asString()).isEqualTo("identical");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void refusesWhatWasNotBuilt() {
    assertProblem(post("/api/v1/builds/" + UUID.randomUUID()), 404, "unknown-build");
    assertProblem(kiln.get("/api/v1/builds/" + UUID.randomUUID() + "/checks"), 404, "unknown-build");
    assertThat(post("/api/v1/builds/none").statusCode()).isEqualTo(400);
    String build = built(recipes.script("check-unchecked", "echo unchecked > $out"));
    assertThat(get(build + "/checks")).isEmpty();
    assertProblem(kiln.get(build + "/checks/" + UUID.randomUUID()), 404, "unknown-check");
    assertThat(kiln.get(build + "/checks?limit=21").statusCode()).isEqualTo(400);
  }

  @Test
  void refusesWhatIsNotHereAnyMore() {
    KnownDerivation known = recipes.script("check-gone", "echo gone > $out");
    String build = built(known);
    jdbc.update("delete from path_info where hash = ?", (Object) Recipes.output(known).hash().toByteArray());
    assertProblem(post(build), 409, "nothing-to-compare");
    assertThat(get(build + "/checks")).isEmpty();
  }

  @Test
  void saysThatThisKilnCannotBuildIt() {
    built(recipes.fixed("check-made", "printf fetch > $out", "fetch", List.of()));
    KnownDerivation fetched = recipes.fetched("check-fetched", "http://127.0.0.1:1/", "fetch");
    kiln.register(fetched);
    assertThat(kiln.get("/store/" + Recipes.output(fetched).baseName()).statusCode()).isEqualTo(200);
    UUID build = UUID.randomUUID();
    jdbc.update("""
        insert into build (id, derivation, derivation_name, state, started_at, ended_at)
        values (?, ?, ?, 'succeeded', now(), now())""", build, fetched.path().hash().toByteArray(),
        fetched.path().name().value());
    HttpResponse<String> response = post("/api/v1/builds/" + build);
    assertProblem(response, 501, "cannot-build-here");
    assertThat(json.readTree(response.body()).get("detail").asString()).contains("kiln.fetch.allow.networks");
  }
}
