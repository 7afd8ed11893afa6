package dev.kiln;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.BuildInvariants;
import dev.kiln.harness.GoldenFiles;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnCluster;
import dev.kiln.harness.KilnProcess;
import dev.kiln.harness.Recipes;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Three Kilns that share a database: what each promises when others die, sleep, or the database goes away. */
class ReplicaProcessesIT {

  private static final Duration LONG = Duration.ofMinutes(5);
  private static final StorePath BUSYBOX = StorePath.parseBaseName("9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb");

  private static KilnCluster cluster;
  private static JdbcTemplate jdbc;

  private final Recipes recipes = new Recipes();

  @BeforeAll
  static void start() throws IOException {
    cluster = KilnCluster.start(3, "--kiln.build.lease=4s", "--kiln.build.max-jobs=2", "--kiln.build.retry-delay=100ms",
        "--kiln.build.drain-timeout=1s");
    jdbc = cluster.jdbc();
    try (KilnClient client = client(0)) {
      GoldenFiles.importBusybox(client);
    }
  }

  @AfterAll
  static void stop() throws IOException {
    cluster.close();
  }

  @Test
  void buildOnceForTwoHundredReadersAndTellEachWhereItWaits() throws Exception {
    KnownDerivation slow = sleeper("once", 3);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<String>> reads = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        int replica = i % 3;
        reads.add(() -> read(replica, slow));
      }
      for (Future<String> read : threads.invokeAll(reads)) {
        assertThat(read.get()).isEqualTo("slept\n");
      }
    }
    assertThat(builds(slow, "succeeded")).isEqualTo(1);
    assertThat(builds(slow, "%")).isEqualTo(1);
    BuildInvariants.check(jdbc);
  }

  @Test
  void takeUpTheBuildOfOneThatIsKilledAndAnswerAllReaders() throws Exception {
    KnownDerivation slow = sleeper("killed", 4);
    KnownDerivation user = register(recipes.script("user-of-killed", "read x < $in0; echo \"$x again\" > $out", slow));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      UUID build = begin(1, user, slow);
      KilnProcess builder = builderOf(build);
      List<KilnProcess> others = cluster.kilns().stream().filter(kiln -> kiln != builder).toList();
      List<Future<String>> reads = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        KilnProcess kiln = others.get(i % others.size());
        reads.add(threads.submit(() -> read(kiln, user)));
      }
      builder.kill9();
      cluster.remove(builder);
      for (Future<String> read : reads) {
        assertThat(read.get(LONG.toMinutes(), TimeUnit.MINUTES)).isEqualTo("slept again\n");
      }
      assertThat(jdbc.queryForObject("select attempt from build where id = ?", Integer.class, build)).isEqualTo(2);
      BuildInvariants.check(jdbc);
    } finally {
      if (cluster.kilns().size() < 3) {
        cluster.add();
      }
    }
  }

  @Test
  void registerNothingFromOneThatSleptPastItsLease() throws Exception {
    KnownDerivation slow = sleeper("paused", 6);
    UUID build = begin(0, slow, slow);
    KilnProcess paused = builderOf(build);
    paused.suspend();
    try {
      await().atMost(LONG).until(() -> !List.of("", address(paused)).contains(replicaOf(build)));
    } finally {
      paused.resume();
    }
    assertThat(read(paused, slow)).isEqualTo("slept\n");
    assertThat(jdbc.queryForObject("select attempt from build where id = ?", Integer.class, build)).isEqualTo(2);
    assertThat(builderOf(build)).isNotSameAs(paused);
    await().atMost(LONG).untilAsserted(() -> assertThat(paused.log()).contains("ran out: others may have taken up"));
    BuildInvariants.check(jdbc);
  }

  @Test
  void surviveARestartOfTheDatabase() throws Exception {
    KnownDerivation slow = sleeper("restart", 5);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      begin(2, slow, slow);
      List<Future<String>> reads = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        int replica = i % 3;
        reads.add(threads.submit(() -> read(replica, slow)));
      }
      Thread.sleep(1_000);
      cluster.postgres().restart();
      for (Future<String> read : reads) {
        assertThat(read.get(LONG.toMinutes(), TimeUnit.MINUTES)).isEqualTo("slept\n");
      }
    }
    assertThat(builds(slow, "succeeded")).isEqualTo(1);
    BuildInvariants.check(jdbc);
  }

  @Test
  void killWhatIsCancelledOnAnother() throws Exception {
    KnownDerivation slow = sleeper("cancelled", 300);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      UUID build = begin(0, slow, slow);
      KilnProcess builder = builderOf(build);
      KilnProcess other = cluster.kilns().stream().filter(kiln -> kiln != builder).findFirst().orElseThrow();
      Future<HttpResponse<String>> read = threads.submit(() -> get(other, slow));
      await().atMost(LONG).until(() -> sandboxes(builder));
      try (KilnClient client = new KilnClient(other.baseUri())) {
        assertThat(client.delete("/api/v1/builds/" + build).statusCode()).isEqualTo(204);
        assertThat(client.json("/api/v1/builds/" + build).get("state").asString()).isEqualTo("cancelled");
      }
      await().atMost(LONG).until(() -> !sandboxes(builder));
      assertThat(read.get().statusCode()).isEqualTo(424);
      assertThat(read.get().body()).contains("build-cancelled", "was cancelled");
    }
    BuildInvariants.check(jdbc);
  }

  @Test
  void handTheirBuildsOverWhenTheyAreStopped() throws Exception {
    KnownDerivation slow = sleeper("drained", 8);
    UUID build = begin(0, slow, slow);
    KilnProcess stopped = builderOf(build);
    try {
      assertThat(stopped.stop()).isEqualTo(143);
      cluster.remove(stopped);
      assertThat(read(0, slow)).isEqualTo("slept\n");
      assertThat(jdbc.queryForObject("select attempt from build where id = ?", Integer.class, build))
          .as("attempts: that a Kiln is stopped is no failure").isEqualTo(1);
    } finally {
      cluster.remove(stopped);
      cluster.add();
    }
    BuildInvariants.check(jdbc);
  }

  private KnownDerivation sleeper(String name, int seconds) throws IOException {
    return register(recipes.script(name, BUSYBOX + "/busybox sleep " + seconds
        + "; echo slept > $out", List.of("out"), List.of(BUSYBOX)));
  }

  private static KnownDerivation register(KnownDerivation known) throws IOException {
    try (KilnClient client = client(0)) {
      HttpResponse<String> response = client.put(
          "/api/v1/derivations/" + known.path().baseName(), "text/x-nix-derivation",
          known.file().aterm().toByteArray());
      assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
    }
    return known;
  }

  /** @return the build of {@code running}, which runs now because {@code wanted} was asked for */
  private static UUID begin(int replica, KnownDerivation wanted, KnownDerivation running) throws IOException {
    try (KilnClient client = client(replica)) {
      assertThat(client.get(url(wanted), "Prefer", "respond-async").statusCode()).isEqualTo(202);
    }
    byte[] derivation = running.path().hash().toByteArray();
    await().atMost(LONG).until(() -> builds(running, "running") == 1);
    return jdbc.query("select id from build where derivation = ?", (row, _) -> row.getObject(1, UUID.class), derivation)
        .getFirst();
  }

  private static String replicaOf(UUID build) {
    return String.join("", jdbc.queryForList("""
        select replica.address from build join replica on replica.id = build.replica where build.id = ?""",
        String.class, build));
  }

  private static String address(KilnProcess kiln) throws UnknownHostException {
    return InetAddress.getLocalHost().getHostName() + ":" + kiln.handle().pid();
  }

  /** @return the Kiln that runs a build, or ran it last */
  private static KilnProcess builderOf(UUID build) {
    String address = replicaOf(build);
    return cluster.kilns().stream().filter(kiln -> address.endsWith(":" + kiln.handle().pid())).findFirst()
        .orElseThrow(() -> new AssertionError("no Kiln at " + address));
  }

  /** @return whether it runs any program */
  private static boolean sandboxes(KilnProcess kiln) {
    return kiln.handle().descendants().findAny().isPresent();
  }

  private static String read(int replica, KnownDerivation wanted) throws Exception {
    return read(cluster.kilns().get(replica), wanted);
  }

  /** As a client does that comes back when it is asked to. */
  private static String read(KilnProcess kiln, KnownDerivation wanted) throws IOException, InterruptedException {
    HttpResponse<String> response = get(kiln, wanted);
    for (int attempt = 1; attempt < 100 && response.statusCode() == 503; attempt++) {
      Thread.sleep(500);
      response = get(kiln, wanted);
    }
    assertThat(response.statusCode()).as("%s%n%s", response.body(), kiln.log()).isEqualTo(200);
    return response.body();
  }

  private static HttpResponse<String> get(KilnProcess kiln, KnownDerivation wanted) throws IOException {
    try (KilnClient client = new KilnClient(kiln.baseUri())) {
      return client.get(url(wanted));
    }
  }

  private static String url(KnownDerivation wanted) {
    return "/store/" + Recipes.output(wanted).baseName();
  }

  private static KilnClient client(int replica) throws IOException {
    return new KilnClient(cluster.kilns().get(replica).baseUri());
  }

  private static int builds(KnownDerivation derivation, String state) {
    Integer count = jdbc.queryForObject("select count(*) from build where derivation = ? and state like ?",
        Integer.class, derivation.path().hash().toByteArray(), state);
    return count == null ? 0 : count;
  }
}
