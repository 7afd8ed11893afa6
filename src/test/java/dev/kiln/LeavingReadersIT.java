package dev.kiln;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;

import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.BuildInvariants;
import dev.kiln.harness.GoldenFiles;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnCluster;
import dev.kiln.harness.KilnProcess;
import dev.kiln.harness.Recipes;
import dev.kiln.storepath.StorePath;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Two Kilns that cancel what nobody waits for: what clients that hang up, Kilns that die, and clients that stay make of builds. */
class LeavingReadersIT {

  private static final Duration LONG = Duration.ofMinutes(3);
  private static final StorePath BUSYBOX = StorePath.parseBaseName("9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb");

  private static KilnCluster cluster;
  private static JdbcTemplate jdbc;

  private final Recipes recipes = new Recipes();

  @BeforeAll
  static void start() throws IOException {
    cluster = KilnCluster.start(2, "--kiln.build.abandoned=cancel", "--kiln.build.abandoned-grace=4s",
        "--kiln.build.lease=4s", "--kiln.build.max-jobs=2", "--kiln.build.retry-delay=100ms");
    jdbc = cluster.jdbc();
    try (KilnClient client = new KilnClient(cluster.kilns().getFirst().baseUri())) {
      GoldenFiles.importBusybox(client);
    }
  }

  @AfterAll
  static void stop() throws IOException {
    cluster.close();
  }

  private KnownDerivation sleeper(String name, int seconds, KnownDerivation... inputs) throws IOException {
    KnownDerivation known = recipes.script(name + "-" + System.nanoTime(),
        BUSYBOX + "/busybox sleep " + seconds + "; echo slept > $out", List.of("out"), List.of(BUSYBOX), inputs);
    try (KilnClient client = new KilnClient(cluster.kilns().getFirst().baseUri())) {
      HttpResponse<String> response = client.put("/api/v1/derivations/" + known.path().baseName(),
          "text/x-nix-derivation", known.file().aterm().toByteArray());
      assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
    }
    return known;
  }

  /** @param what {@code %s} stands for the output's base name, {@code %d} for the derivation's, {@code %h} for the output's hash */
  private static Socket ask(KilnProcess kiln, String what, KnownDerivation wanted, String... headers)
      throws IOException {
    URI base = kiln.baseUri();
    Socket socket = new Socket(base.getHost(), base.getPort());
    socket.setSoTimeout((int) LONG.toMillis());
    String[] words = what.replace("%s", Recipes.output(wanted).baseName()).replace("%d", wanted.path().baseName())
        .replace("%h", Recipes.output(wanted).hash().toString()).split(" ", 3);
    String body = words.length == 3 ? words[2] : "";
    StringBuilder request = new StringBuilder(words[0] + " " + words[1] + " HTTP/1.1\r\nHost: kiln\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    if (!body.isEmpty()) {
      request.append("Content-Type: application/json\r\nContent-Length: ").append(body.length()).append("\r\n");
    }
    socket.getOutputStream().write((request + "\r\n" + body).getBytes(ISO_8859_1));
    socket.getOutputStream().flush();
    return socket;
  }

  private static String read(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
  }

  private static UUID awaitRunning(KnownDerivation known) {
    await().atMost(LONG).until(() -> state(known).equals("running"));
    return jdbc.queryForList("select id from build where derivation = ? and state = 'running'", UUID.class,
        known.path().hash().toByteArray()).getFirst();
  }

  /** @return that of the newest build */
  private static String state(KnownDerivation known) {
    return jdbc.queryForList("select state from build where derivation = ? order by submitted_at desc limit 1",
        String.class, known.path().hash().toByteArray()).stream().findFirst().orElse("");
  }

  private static boolean anyoneRunsAProgram() {
    return cluster.kilns().stream().anyMatch(kiln -> kiln.handle().descendants().findAny().isPresent());
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET /store/%s", "GET /api/v1/stat/%s", "GET /api/v1/derivations/%d/outputs/out",
      "GET /on-demand/%h.narinfo", "POST /api/v1/realise {\"paths\":[\"%s\"],\"keepGoing\":true}"})
  void endABuildWhenTheLastOneHangsUpWhateverItAsked(String what) throws Exception {
    KnownDerivation input = sleeper("input", 300);
    KnownDerivation wanted = sleeper("wanted", 1, input);
    try (Socket socket = ask(cluster.kilns().getFirst(), what, wanted)) {
      awaitRunning(input);
      await().atMost(LONG).until(LeavingReadersIT::anyoneRunsAProgram);
      assertThat(socket.isClosed()).isFalse();
    }
    await().atMost(LONG).until(() -> state(input).equals("cancelled"));
    assertThat(state(wanted)).isEqualTo("cancelled");
    await().atMost(LONG).until(() -> !anyoneRunsAProgram());
    BuildInvariants.checkNothingIsLive(jdbc);
  }

  @Test
  void endItTooWhenTheConnectionIsReset() throws Exception {
    KnownDerivation wanted = sleeper("reset", 300);
    try (Socket socket = ask(cluster.kilns().getFirst(), "GET /store/%s", wanted)) {
      awaitRunning(wanted);
      socket.setSoLinger(true, 0);
    }
    await().atMost(LONG).until(() -> state(wanted).equals("cancelled"));
  }

  @Test
  void leaveABuildThatOneOnAnotherKilnWaitsFor() throws Exception {
    KnownDerivation wanted = sleeper("shared", 11);
    try (Socket stays = ask(cluster.kilns().get(1), "GET /store/%s", wanted, "Connection: close")) {
      UUID build = awaitRunning(wanted);
      for (KilnProcess kiln : cluster.kilns()) {
        ask(kiln, "GET /store/%s", wanted).close();
      }
      assertThat(read(stays)).startsWith("HTTP/1.1 200 ").endsWith("slept\n");
      assertThat(jdbc.queryForObject("select state from build where id = ?", String.class, build))
          .isEqualTo("succeeded");
    }
  }

  @Test
  void comeBackInTimeAndFindTheSameBuild() throws Exception {
    KnownDerivation wanted = sleeper("back", 10);
    ask(cluster.kilns().getFirst(), "GET /store/%s", wanted).close();
    UUID build = awaitRunning(wanted);
    for (int i = 0; i < 20 && !state(wanted).equals("succeeded"); i++) {
      ask(cluster.kilns().get(i % 2), "GET /store/%s", wanted).close();
      Thread.sleep(700);
    }
    assertThat(jdbc.queryForList("select id from build where derivation = ?", UUID.class,
        wanted.path().hash().toByteArray())).containsExactly(build);
    try (Socket last = ask(cluster.kilns().getFirst(), "GET /store/%s", wanted, "Connection: close")) {
      assertThat(read(last)).startsWith("HTTP/1.1 200 ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"abandon=continue", "respond-async", "wait=0"})
  void letItGoOnWhereTheyAskForThat(String prefer) throws Exception {
    KnownDerivation wanted = sleeper("goes-on", 9);
    try (Socket socket = ask(cluster.kilns().getFirst(), "GET /store/%s", wanted, "Prefer: " + prefer)) {
      awaitRunning(wanted);
      assertThat(socket.isClosed()).isFalse();
    }
    await().atMost(LONG).until(() -> !state(wanted).equals("running"));
    assertThat(state(wanted)).isEqualTo("succeeded");
  }

  @Test
  void letItEndWhereTheyAskForThatThoughItIsPromisedToGoOn() throws Exception {
    KnownDerivation wanted = sleeper("ends", 300);
    try (Socket socket = ask(cluster.kilns().getFirst(), "GET /store/%s", wanted, "Prefer: wait=1, abandon=cancel",
        "Connection: close")) {
      assertThat(read(socket)).startsWith("HTTP/1.1 202 ");
    }
    await().atMost(LONG).until(() -> state(wanted).equals("cancelled"));
  }

  @Test
  void haveABuildThatGoesOnOnceTheyWereToldSo() throws Exception {
    KnownDerivation wanted = sleeper("told", 10);
    try (Socket socket = ask(cluster.kilns().getFirst(), "GET /store/%s", wanted, "Prefer: wait=1",
        "Connection: close")) {
      assertThat(read(socket)).startsWith("HTTP/1.1 202 ");
    }
    await().atMost(LONG).until(() -> !List.of("queued", "running").contains(state(wanted)));
    assertThat(state(wanted)).isEqualTo("succeeded");
  }

  @Test
  void areGoneWithTheKilnThatAnsweredThem() throws Exception {
    KilnProcess dying = cluster.add("--kiln.build.max-jobs=0");
    KnownDerivation wanted = sleeper("widowed", 300);
    try (Socket socket = ask(dying, "GET /store/%s", wanted)) {
      awaitRunning(wanted);
      Thread.sleep(3_000);
      assertThat(state(wanted)).as("while its reader waits").isEqualTo("running");
      dying.kill9();
      cluster.remove(dying);
      await().atMost(LONG).until(() -> state(wanted).equals("cancelled"));
      assertThat(socket.isClosed()).isFalse();
    }
    BuildInvariants.check(jdbc);
  }

  @Test
  void keepItWhenTheirKilnSleptPastItsLease() throws Exception {
    KilnProcess sleepy = cluster.add("--kiln.build.max-jobs=0", "--kiln.build.lease=2s");
    KnownDerivation wanted = sleeper("sleepy", 14);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Socket socket = ask(sleepy, "GET /store/%s", wanted, "Connection: close")) {
      awaitRunning(wanted);
      Future<String> answer = threads.submit(() -> read(socket));
      sleepy.suspend();
      Thread.sleep(3_000);
      sleepy.resume();
      assertThat(answer.get()).startsWith("HTTP/1.1 200 ").endsWith("slept\n");
    } finally {
      cluster.remove(sleepy);
      sleepy.close();
    }
  }
}
