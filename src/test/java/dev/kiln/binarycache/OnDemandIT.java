package dev.kiln.binarycache;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalServerPort;

import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.Client;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.NixClient;
import dev.kiln.harness.Recipes;
import dev.kiln.storepath.StorePath;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Builds that take longer than an answer may be silent, and end well or badly. */
@KilnTest
class OnDemandIT {

  @LocalServerPort
  int port;

  private Client client = new Client(0);

  @BeforeEach
  void connect() {
    client = new Client(port);
  }

  private KnownDerivation register(String name, String script) {
    KnownDerivation known = new Recipes().script(name + "-" + System.nanoTime(), script);
    client.register(known);
    return known;
  }

  private static String narInfo(KnownDerivation known) {
    return "/on-demand/" + Recipes.output(known).hash() + ".narinfo";
  }

  private Socket ask(String target) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(120_000);
    socket.getOutputStream()
        .write(("GET " + target + " HTTP/1.1\r\nHost: kiln\r\nConnection: close\r\n\r\n").getBytes(ISO_8859_1));
    socket.getOutputStream().flush();
    return socket;
  }

  private static void awaitWaitLine(Socket socket) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
    for (String line = lines.readLine(); !"X-Kiln-Wait: building".equals(line); line = lines.readLine()) {
      assertThat(line).as("a line before the answer's end").isNotNull();
    }
  }

  /** @return one for each build that there was */
  private int builds(KnownDerivation known) {
    return client.get("/api/v1/builds?derivation=" + known.path().baseName()).body().split("\"submittedAt\"", -1).length
        - 1;
  }

  @Test
  void aFailureAfterTheAnswerHasBegunBreaksItOff() throws IOException {
    KnownDerivation known = register("slow-failure", "echo so it goes; sleep 3; exit 7");
    String answer;
    try (Socket socket = ask(narInfo(known))) {
      answer = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
    assertThat(answer).startsWith("HTTP/1.1 200 ").containsIgnoringCase("Transfer-Encoding: chunked")
        .contains("X-Kiln-Wait: building\n").doesNotContain("StorePath").doesNotEndWith("0\r\n\r\n");
    HttpResponse<String> again = client.get(narInfo(known));
    assertThat(again.statusCode()).isEqualTo(424);
    assertThat(again.body()).contains(known.path().toString());
    assertThat(client.get("/log/" + known.path().baseName()).body()).contains("so it goes");
    assertThat(client.get("/on-demand/log/" + Recipes.output(known).baseName()).body()).contains("so it goes");
    assertThat(builds(known)).isEqualTo(1);
  }

  @Test
  void aFailureIsForgottenWhenItIsRetried() throws IOException {
    KnownDerivation known = register("flaky", "sleep 2; exit 7");
    try (Socket socket = ask(narInfo(known))) {
      socket.getInputStream().readAllBytes();
    }
    assertThat(client.get(narInfo(known)).statusCode()).isEqualTo(424);
    assertThat(builds(known)).isEqualTo(1);
    String build = client.get(narInfo(known)).body().replaceAll("(?s).*\"/api/v1/builds/([0-9a-f-]{36})\".*", "$1");
    assertThat(client.send("POST", "/api/v1/builds/" + build + "/retry", new byte[0]).statusCode()).isEqualTo(202);
    // now it waits for the second build, instead of telling how the first one went
    try (Socket socket = ask(narInfo(known))) {
      awaitWaitLine(socket);
    }
    assertThat(builds(known)).isEqualTo(2);
  }

  @Test
  void aFailureFailsTheClientWhichTakesThePathOnceItIsThere() throws IOException {
    KnownDerivation known = register("slow-failure", "sleep 3; exit 7");
    StorePath output = Recipes.output(known);
    NixClient nix = new NixClient("require-sigs = false", "substituters = " + client.base() + "/on-demand");
    NixClient.Result result = nix.run("nix-store", "--realise", output.toString());
    assertThat(result.exit()).isNotZero();
    assertThat(result.err()).contains("424");
    assertThat(builds(known)).isEqualTo(1);
    // someone else has built it: had the client learnt that it is missing, it would not ask for an hour
    Push push = Push.of(output, Push.nar("built elsewhere\n"));
    assertThat(client.send("PUT", push.narTarget(), push.file()).statusCode()).isEqualTo(201);
    assertThat(client.send("PUT", push.narInfoTarget(), push.narInfoBytes()).statusCode()).isEqualTo(201);
    nix.run("nix-store", "--realise", output.toString()).ok();
    assertThat(nix.root().resolve(output.toString().substring(1))).hasContent("built elsewhere");
  }

  @Test
  void twoClientsShareOneBuildAndHeadDoesNotWaitForIt() throws Exception {
    KnownDerivation known = register("slow-success", "sleep 5; echo slept > $out");
    StorePath output = Recipes.output(known);
    assertThat(client.send("HEAD", narInfo(known), new byte[0]).statusCode()).isEqualTo(200);
    assertThat(builds(known)).as("builds for HEAD").isZero();
    NixClient[] clients = {trusting(), trusting()};
    CompletableFuture<?>[] realised = new CompletableFuture<?>[2];
    for (int i = 0; i < 2; i++) {
      NixClient nix = clients[i];
      realised[i] = CompletableFuture.supplyAsync(() -> realise(nix, output));
    }
    await().until(() -> builds(known) == 1);
    assertThat(client.send("HEAD", narInfo(known), new byte[0]).statusCode()).isEqualTo(200);
    assertThat(client.get("/" + output.hash() + ".narinfo").statusCode()).as("the plain cache, meanwhile")
        .isEqualTo(404);
    CompletableFuture.allOf(realised).get();
    for (NixClient nix : clients) {
      assertThat(nix.root().resolve(output.toString().substring(1))).hasContent("slept");
    }
    assertThat(builds(known)).isEqualTo(1);
  }

  private NixClient trusting() throws IOException {
    return GoldenKiln.trusting(client.get("/api/v1/public-key").body().strip(),
        "substituters = " + client.base() + "/on-demand");
  }

  private static String realise(NixClient nix, StorePath output) {
    try {
      return nix.run("nix-store", "--realise", output.toString()).ok();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aClientThatIsGoneDoesNotEndTheBuildForTheOther() throws IOException {
    KnownDerivation known = register("shared", "sleep 4; echo slept > $out");
    String answer;
    try (Socket stays = ask(narInfo(known))) {
      try (Socket goes = ask(narInfo(known))) {
        awaitWaitLine(goes);
        goes.setSoLinger(true, 0);
      }
      answer = new String(stays.getInputStream().readAllBytes(), ISO_8859_1);
    }
    assertThat(answer).contains("X-Kiln-Wait: building\n", "StorePath: " + Recipes.output(known) + "\n")
        .endsWith("0\r\n\r\n");
    assertThat(builds(known)).isEqualTo(1);
  }

  @Test
  void aBuildThatNobodyWaitsForAnyMoreGoesOn() throws IOException {
    KnownDerivation known = register("forsaken", "sleep 3; echo slept > $out");
    try (Socket goes = ask(narInfo(known))) {
      awaitWaitLine(goes);
    }
    await().atMost(java.time.Duration.ofMinutes(1))
        .until(() -> client.get("/" + Recipes.output(known).hash() + ".narinfo").statusCode() == 200);
    assertThat(builds(known)).isEqualTo(1);
  }

  @Test
  void narsAreServedThereToo() {
    KnownDerivation known = register("nar", "echo content > $out");
    String line = client.get(narInfo(known)).body().lines().filter(each -> each.startsWith("URL: ")).findFirst()
        .orElseThrow();
    String nar = "/on-demand/" + line.substring("URL: ".length());
    String content = client.get(nar).body();
    assertThat(content).contains("nix-archive-1", "content\n");
    assertThat(client.get(nar, "Range", "bytes=8-20").body()).isEqualTo("nix-archive-1");
    for (String suffix : new String[]{"", ".zst", ".xz"}) {
      HttpResponse<String> head = client.send("HEAD", nar + suffix, new byte[0]);
      assertThat(head.statusCode()).isEqualTo(200);
      assertThat(client.get(nar + suffix).statusCode()).isEqualTo(200);
    }
    assertThat(client.send("HEAD", nar, new byte[0]).headers().firstValueAsLong("content-length"))
        .hasValue(content.length());
    assertThat(client.get("/on-demand/nar/" + "1".repeat(52) + ".nar").statusCode()).isEqualTo(404);
    assertThat(client.send("HEAD", "/on-demand/nar/" + "1".repeat(52) + ".nar", new byte[0]).statusCode())
        .isEqualTo(404);
  }
}
