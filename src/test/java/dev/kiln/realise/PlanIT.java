package dev.kiln.realise;

import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.Set;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import dev.kiln.derivation.Derivations;
import dev.kiln.harness.Client;
import dev.kiln.harness.ScratchKilnTest;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

@ScratchKilnTest
class PlanIT {

  private static final int SIZE = 3_000;

  @Autowired
  JdbcTemplate jdbc;
  @Autowired
  Derivations derivations;
  @Autowired
  Planner planner;
  @Autowired
  JsonMapper json;
  @LocalServerPort
  int port;

  @BeforeEach
  void empty() {
    jdbc.update("truncate build, derivation, path_info cascade");
  }

  private JsonNode plan(StorePath derivation) {
    HttpResponse<String> response = new Client(port).get("/api/v1/derivations/" + derivation.baseName() + "/plan");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return json.readTree(response.body());
  }

  private Set<Integer> numbers(StorePath root) {
    Set<Integer> numbers = new HashSet<>();
    planner.plan(root).steps().stream().filter(step -> !step.derivation().equals(root))
        .forEach(step -> numbers.add(Integer.parseInt(step.derivation().name().value().replaceAll("[^0-9]", ""))));
    return numbers;
  }

  @Test
  void hasAllThatIsMissingInADeepGraphAndWhatEachStepWaitsFor() {
    GeneratedGraph graph = new GeneratedGraph(jdbc, SIZE);
    StorePath root = graph.insert(derivations, 2, 3);
    assertThat(numbers(root)).hasSize(SIZE);
    Integer edges = jdbc.queryForObject("select count(distinct (derivation, input)) from derivation_input",
        Integer.class);
    assertThat(planner.plan(root).steps().stream().mapToInt(step -> step.waitsFor().size()).sum()).isEqualTo(edges);
  }

  @Test
  void leavesOutWhatIsHereAndWhatOnlyThatNeeds() {
    GeneratedGraph graph = new GeneratedGraph(jdbc, 100);
    StorePath root = graph.insert(derivations, 1, 0);
    graph.bring(60, 1_000);
    assertThat(numbers(root)).hasSize(40).allMatch(number -> number > 60);
    assertThat(planner.plan(root).steps()).filteredOn(step -> step.derivation().name().value().equals("d-61.drv"))
        .singleElement().satisfies(step -> assertThat(step.waitsFor()).isEmpty());
    graph.bring(100, 1_000);
    assertThat(numbers(root)).isEmpty();
  }

  @Test
  void isToldWithAnEstimateByEarlierBuilds() {
    GeneratedGraph graph = new GeneratedGraph(jdbc, 100);
    StorePath root = graph.insert(derivations, 1, 0);
    assertThat(plan(root).path("build").size()).isEqualTo(101);
    assertThat(plan(root).has("estimate")).isFalse();
    graph.built(90, 1_000);
    graph.built(90, 2_000);
    graph.built(90, 60_000);
    graph.bring(89, 1_000);
    JsonNode plan = plan(root);
    assertThat(plan.path("build").size()).isEqualTo(12);
    assertThat(plan.path("fetch").isEmpty()).isTrue();
    // 12 in a chain, one of which is known, and the others are taken to be like it
    assertThat(plan.path("estimate").path("seconds").asDouble()).isEqualTo(24);
    assertThat(plan.path("estimate").path("longestChainSeconds").asDouble()).isEqualTo(24);
    assertThat(plan.path("estimate").path("workSeconds").asDouble()).isEqualTo(24);
    assertThat(plan.path("estimate").path("known").asInt()).isEqualTo(1);
  }

  @Test
  void ofAnUnknownDerivationIsNotFound() {
    assertThat(new Client(port).get("/api/v1/derivations/00000000000000000000000000000000-no.drv/plan").statusCode())
        .isEqualTo(404);
  }
}
