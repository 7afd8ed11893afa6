package dev.kiln.realise.web;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;

import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Recipes;

import static org.assertj.core.api.Assertions.assertThat;

@KilnTest
class RealiseManyIT {

  @LocalServerPort
  int port;

  @Autowired
  Derivations derivations;

  private final Recipes recipes = new Recipes();
  private KilnClient client;

  @BeforeEach
  void connect() {
    client = new KilnClient(URI.create("http://127.0.0.1:" + port));
  }

  @AfterEach
  void disconnect() {
    client.close();
  }

  @Test
  void tellsOfEachPathAndGoesOnWhenOneFails() throws IOException {
    KnownDerivation good = recipes.script("many-good", "echo good > $out");
    KnownDerivation bad = recipes.script("many-bad", "echo why; exit 3");
    KnownDerivation user = recipes.script("many-user", "echo user > $out", bad);
    derivations.register(List.of(good, bad, user));
    List<JsonNode> lines = realise(true, good, bad, user);
    assertThat(states(lines, good)).containsExactly("building", "here");
    assertThat(states(lines, bad)).endsWith("failed");
    assertThat(states(lines, user)).endsWith("failed");
    JsonNode failed = lines.stream().filter(line -> line.path("path").asString().equals(path(user))).toList().getLast();
    assertThat(failed.path("problem").path("derivation").asString()).isEqualTo(bad.path().toString());
    assertThat(failed.path("problem").path("logTail").toString()).contains("why");
    assertThat(states(realise(true, good), good)).containsExactly("here");
  }

  @Test
  void leavesTheRestWhenOneFailsUnlessItIsToGoOn() throws IOException {
    KnownDerivation bad = recipes.script("first-bad", "exit 3");
    KnownDerivation good = recipes.script("then-good", "echo good > $out");
    derivations.register(List.of(bad, good));
    // its failure is known from now on
    assertThat(states(realise(true, bad), bad)).endsWith("failed");
    List<JsonNode> lines = realise(false, bad, good);
    assertThat(states(lines, bad)).containsExactly("failed");
    assertThat(states(lines, good)).containsExactly("skipped");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"paths\": []}", "{\"paths\": [\"../x\"]}", "{\"paths\": [null]}", "nothing"})
  void refusesWhatNamesNoPaths(String body) throws IOException {
    HttpResponse<String> response = post(body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
  }

  private List<JsonNode> realise(boolean keepGoing, KnownDerivation... wanted) throws IOException {
    List<String> paths = new ArrayList<>();
    for (KnownDerivation each : wanted) {
      paths.add("\"" + path(each) + "\"");
    }
    HttpResponse<String> response = post("{\"paths\": " + paths + ", \"keepGoing\": " + keepGoing + "}");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body().lines().map(client::parse).toList();
  }

  private HttpResponse<String> post(String body) throws IOException {
    return client.post("/api/v1/realise", "application/json", body.getBytes(StandardCharsets.UTF_8));
  }

  private static String path(KnownDerivation known) {
    return Recipes.output(known).toString();
  }

  private static List<String> states(List<JsonNode> lines, KnownDerivation of) {
    return lines.stream().filter(line -> line.path("path").asString().equals(path(of)))
        .map(line -> line.path("state").asString()).toList();
  }
}
