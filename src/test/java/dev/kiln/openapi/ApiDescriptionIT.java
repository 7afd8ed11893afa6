package dev.kiln.openapi;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import dev.kiln.harness.KilnTest;

import static org.assertj.core.api.Assertions.assertThat;

@KilnTest
class ApiDescriptionIT {

  private static final Path EXAMPLE = Path.of("examples/greeting.tar");
  private static final String GREETING = "/store/wg7jvpdpvswjfl0j9ksr949fyhinngcb-greeting";

  /** An operation as the description has it. */
  private record Described(String method, String path, JsonNode operation) {
    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  @LocalServerPort
  int port;

  @Autowired
  JsonMapper json;

  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeEach
  void registersTheExample() throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(uri("/api/v1/derivations")).header("Content-Type", "application/x-tar")
        .POST(HttpRequest.BodyPublishers.ofFile(EXAMPLE)).build();
    assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(200);
  }

  @Test
  void saysWhatKilnIs() throws IOException, InterruptedException {
    JsonNode info = json.readTree(get("/v3/api-docs").body()).path("info");
    assertThat(info.path("title").asString()).isEqualTo("Kiln");
    assertThat(info.path("description").asString()).contains("examples/greeting.tar");
    assertThat(info.path("license").path("name").asString()).isEqualTo("Apache-2.0");
    assertThat(info.path("version").asString()).isNotEmpty();
  }

  @Test
  void summarisesEveryOperationAndDescribesItsParametersAndAnswers() throws IOException, InterruptedException {
    assertThat(described()).isNotEmpty().allSatisfy(each -> {
      assertThat(each.operation().path("summary").asString("")).isNotBlank();
      assertThat(each.operation().path("tags").values()).isNotEmpty();
      assertThat(each.operation().path("parameters").values()).allSatisfy(
          parameter -> assertThat(parameter.path("description").asString("")).as(parameter.toString()).isNotBlank());
      each.operation().path("responses").forEachEntry((status, response) -> {
        assertThat(response.path("description").asString("")).isNotBlank();
        if (Integer.parseInt(status) >= 400) {
          assertThat(response.path("content").propertyNames()).containsExactly("application/problem+json");
        }
      });
    });
  }

  @Test
  void showsNoPatternsOfTheServersOwn() throws IOException, InterruptedException {
    assertThat(described()).extracting(Described::path).noneMatch(path -> path.contains("*"))
        .contains("/store/{path}", "/store/{path}/{sub}", "/api/v1/stat/{path}", "/api/v1/stat/{path}/{sub}");
  }

  /** First of all the reads that build, so that what the others tell of is there. */
  @Test
  void givesExamplesThatWork() throws IOException, InterruptedException {
    assertThat(get(GREETING + "/share/greeting/world.txt").body()).startsWith("Hello, world! (en)\n");
    String build = json.readTree(get("/api/v1/builds").body()).get(0).path("id").asString();
    String check = json.readTree(post("/api/v1/builds/" + build + "/check").body()).path("id").asString();
    for (Described each : described()) {
      if (each.method().equals("get")) {
        String target = withExamples(each, build, check);
        assertThat(get(target).statusCode()).as("%s as %s", each, target).isEqualTo(200);
      }
    }
  }

  @Test
  void tellsProblemsOfTheKindThatItDescribes() throws IOException, InterruptedException {
    HttpResponse<String> answer = get(GREETING + "/no/such/file");
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    JsonNode described = json.readTree(get("/v3/api-docs").body()).path("components").path("schemas")
        .path("ProblemDetail").path("properties");
    assertThat(described.propertyNames()).containsAll(json.readTree(answer.body()).propertyNames());
  }

  /** The numbers of builds and checks are nothing that could be written down beforehand. */
  private static String withExamples(Described described, String build, String check) {
    String target = described.path().replace("{id}", build).replace("{check}", check);
    List<String> query = new ArrayList<>();
    for (JsonNode parameter : described.operation().path("parameters").values()) {
      String name = parameter.path("name").asString();
      String example = parameter.path("example").asString("");
      switch (parameter.path("in").asString()) {
        case "path" -> target = target.replace("{" + name + "}", example);
        case "query" -> {
          if (!example.isEmpty()) {
            query.add(name + "=" + example);
          }
        }
        default -> assertThat(example).as("an example that this test would have to try").isEmpty();
      }
    }
    return target + (query.isEmpty() ? "" : "?" + String.join("&", query));
  }

  private List<Described> described() throws IOException, InterruptedException {
    List<Described> all = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : json.readTree(get("/v3/api-docs").body()).path("paths").properties()) {
      path.getValue().forEachEntry((method, operation) -> all.add(new Described(method, path.getKey(), operation)));
    }
    return all;
  }

  private HttpResponse<String> post(String target) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(uri(target)).POST(HttpRequest.BodyPublishers.noBody()).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String target) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(uri(target)).build(),
        HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  private URI uri(String target) {
    return URI.create("http://127.0.0.1:" + port + target);
  }
}
