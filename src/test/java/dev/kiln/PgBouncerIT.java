package dev.kiln;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.BuildInvariants;
import dev.kiln.harness.DebianPostgres;
import dev.kiln.harness.GoldenFiles;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnCluster;
import dev.kiln.harness.KilnProcess;
import dev.kiln.harness.PgBouncer;
import dev.kiln.harness.Recipes;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Two Kilns whose connections to the database are shared, a transaction at a time: nothing may depend on a session. */
class PgBouncerIT {

  private static final Duration LONG = Duration.ofMinutes(5);
  /** Far fewer than the Kilns open: each is in many hands. */
  private static final int CONNECTIONS = 4;

  private static final StorePath BUSYBOX = StorePath.parseBaseName("9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb");

  private static PgBouncer bouncer;
  private static KilnCluster cluster;

  private final Recipes recipes = new Recipes();

  @BeforeAll
  static void start() throws IOException {
    DebianPostgres postgres = DebianPostgres.start();
    bouncer = PgBouncer.start(postgres, CONNECTIONS);
    cluster = KilnCluster.start(postgres, bouncer.jdbcUrl("prepareThreshold=0"), 2, "--kiln.build.listen=false",
        "--kiln.build.lease=4s", "--kiln.build.abandoned-grace=1s");
    try (KilnClient client = client(0)) {
      GoldenFiles.importBusybox(client);
    }
  }

  @AfterAll
  static void stop() throws IOException {
    cluster.close();
    bouncer.close();
  }

  @Test
  void buildsChainsAndReadsThemOnBothKilns() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> reads = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        List<KnownDerivation> chain = recipes.chain("chain-" + i, 5);
        for (KnownDerivation known : chain) {
          register(known);
        }
        for (KilnProcess kiln : cluster.kilns()) {
          reads.add(threads.submit(() -> read(kiln, chain.getLast())));
        }
      }
      for (Future<String> read : reads) {
        assertThat(read.get()).isEqualTo("4\n");
      }
    }
    BuildInvariants.checkNothingIsLive(cluster.jdbc());
  }

  @Test
  void tellsOfFailuresAndBuildsAnewWhenRetried() throws Exception {
    KnownDerivation bad = register(recipes.script("bad", "echo so it goes; exit 3"));
    for (KilnProcess kiln : cluster.kilns()) {
      try (KilnClient client = new KilnClient(kiln.baseUri())) {
        HttpResponse<String> answer = client.get(url(bad));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(424);
        assertThat(answer.body()).contains("so it goes", "exit code 3");
      }
    }
    assertThat(cluster.jdbc().queryForObject("select count(*) from build where derivation = ?", Integer.class,
        bad.path().hash().toByteArray())).isEqualTo(1);
  }

  @Test
  void takesUpTheBuildOfOneThatIsKilled() throws Exception {
    KnownDerivation slow = register(recipes.script("killed",
        BUSYBOX + "/busybox sleep 4; echo slept > $out", List.of("out"),
        List.of(BUSYBOX)));
    KilnProcess builder = cluster.add("--kiln.build.max-jobs=2");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        KilnClient client = new KilnClient(builder.baseUri())) {
      assertThat(client.get(url(slow), "Prefer", "respond-async").statusCode()).isEqualTo(202);
      await().atMost(LONG).until(() -> !cluster.jdbc().queryForList(
          "select id from build where state = 'running' and derivation = ?", slow.path().hash().toByteArray())
          .isEmpty());
      Future<String> read = threads.submit(() -> read(cluster.kilns().getFirst(), slow));
      builder.kill9();
      cluster.remove(builder);
      assertThat(read.get()).isEqualTo("slept\n");
    }
    BuildInvariants.check(cluster.jdbc());
  }

  private static KnownDerivation register(KnownDerivation known) throws IOException {
    try (KilnClient client = client(1)) {
      HttpResponse<String> response = client.put("/api/v1/derivations/" + known.path().baseName(),
          "text/x-nix-derivation", known.file().aterm().toByteArray());
      assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
    }
    return known;
  }

  private static String read(KilnProcess kiln, KnownDerivation wanted) throws IOException {
    try (KilnClient client = new KilnClient(kiln.baseUri())) {
      HttpResponse<String> response = client.get(url(wanted));
      assertThat(response.statusCode()).as("%s%n%s", response.body(), kiln.log()).isEqualTo(200);
      return response.body();
    }
  }

  private static String url(KnownDerivation wanted) {
    return "/store/" + Recipes.output(wanted).baseName();
  }

  private static KilnClient client(int replica) throws IOException {
    return new KilnClient(cluster.kilns().get(replica).baseUri());
  }
}
