package dev.kiln.build.web;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import dev.kiln.harness.Client;
import dev.kiln.harness.ScratchKilnTest;

import static org.assertj.core.api.Assertions.assertThat;

@ScratchKilnTest
class BuildRecordsIT {

  private static final UUID REPLICA = UUID.fromString("11111111-2222-4333-8444-555555555555");

  @Autowired
  JdbcTemplate jdbc;
  @Autowired
  JsonMapper json;
  @LocalServerPort
  int port;

  /** 20 builds, two submitted at a time, an hour after each other from 2026-01-01 on. */
  @BeforeEach
  void record() {
    jdbc.update("truncate build, derivation, path_info cascade");
    jdbc.update("""
        insert into derivation (hash, name, aterm, modulo, registered_at)
        select substring(sha256(convert_to(i::text, 'UTF8')) for 20), 'd-' || i || '.drv', '', '', now()
        from generate_series(0, 1) i""");
    jdbc.update("""
        insert into derivation_output (derivation, name, path, path_name)
        select hash, 'out', substring(sha256(hash) for 20), 'd' from derivation""");
    jdbc.update(
        """
            insert into path_info (hash, name, root_type, root_target, nar_sha256, nar_size, registered_at)
            select path, 'd', 'symlink', 'x', sha256('x'), 1024, now() from derivation_output join derivation on hash = derivation
            where derivation.name = 'd-1.drv'""");
    jdbc.update(
        """
            insert into build (id, derivation, derivation_name, state, submitted_at, queued_at, started_at, ended_at, failure, message,
              requested_by, replica, ingest_ms, processor_ms, peak_memory)
            select gen_random_uuid(), hash, name, case when i % 10 = 3 then 'failed' else 'succeeded' end,
              at, at + interval '1 s', at + interval '3 s', at + make_interval(secs => 10 + i),
              case when i % 10 = 3 then 'BUILDER_FAILED' end, case when i % 10 = 3 then 'no' end,
              '10.0.0.' || i || ' curl', ?, 250, 1500, 4096
            from generate_series(0, 19) i
            join derivation on name = 'd-' || i % 2 || '.drv',
            lateral (select timestamptz '2026-01-01 20:00Z' + i / 2 * interval '1 h' as at) given""",
        REPLICA);
  }

  private JsonNode get(String target) {
    HttpResponse<String> response = new Client(port).get(target);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return json.readTree(response.body());
  }

  @ParameterizedTest
  @CsvSource({"'', 20", "state=failed, 2", "state=queued, 0", "name=d-1, 10", "name=d-1.drv, 10", "name=d, 0",
      "requestedBy=10.0.0.1, 11", "requestedBy=10.0.0.1%20, 1", "requestedBy=%2500, 0",
      "since=2026-01-02T00:00:00Z, 12",
      "until=2026-01-02T00:00:00Z, 8", "since=2026-01-02T00:00:00Z&until=2026-01-02T01:00:00Z&name=d-0, 1",
      "replica=11111111-2222-4333-8444-555555555555, 20", "replica=00000000-0000-0000-0000-000000000000, 0",
      "after=00000000-0000-0000-0000-000000000000, 0"})
  void areFilteredByAllThatIsGiven(String query, int count) {
    assertThat(get("/api/v1/builds?" + query).size()).isEqualTo(count);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 7, 20})
  void arePagedWithoutOneTwiceOrNone(int limit) {
    List<String> paged = new ArrayList<>();
    String target = "/api/v1/builds?limit=" + limit;
    while (!target.isEmpty()) {
      HttpResponse<String> page = new Client(port).get(target);
      json.readTree(page.body()).forEach(build -> paged.add(build.path("id").asString()));
      target = page.headers().firstValue("Link").map(link -> link.substring(1, link.indexOf('>'))).orElse("");
    }
    List<String> all = new ArrayList<>();
    get("/api/v1/builds").forEach(build -> all.add(build.path("id").asString()));
    assertThat(paged).isEqualTo(all).doesNotHaveDuplicates().hasSize(20);
  }

  @Test
  void keepTheirConditionsOnTheNextPage() {
    HttpResponse<String> page = new Client(port).get("/api/v1/builds?name=d-1&requestedBy=10.0.0.1&limit=2");
    assertThat(page.headers().firstValue("Link").orElseThrow())
        .matches("</api/v1/builds\\?name=d-1&requestedBy=10\\.0\\.0\\.1&limit=2&after=[0-9a-f-]{36}>; rel=\"next\"");
  }

  @Test
  void tellWhoWhereAndHowLong() {
    JsonNode build = get("/api/v1/builds?requestedBy=10.0.0.5").get(0);
    assertThat(build.path("requestedBy").asString()).isEqualTo("10.0.0.5 curl");
    assertThat(build.path("replica").asString()).isEqualTo(REPLICA.toString());
    assertThat(build.path("attempt").asInt()).isEqualTo(1);
    assertThat(build.path("waitedSeconds").asDouble()).isEqualTo(1);
    assertThat(build.path("queuedSeconds").asDouble()).isEqualTo(2);
    assertThat(build.path("ranSeconds").asDouble()).isEqualTo(12);
    assertThat(build.path("ingestSeconds").asDouble()).isEqualTo(0.25);
    assertThat(build.path("processorSeconds").asDouble()).isEqualTo(1.5);
    assertThat(build.path("peakMemory").asLong()).isEqualTo(4096);
    assertThat(build.path("outputSize").asLong()).isEqualTo(1024);
    assertThat(get("/api/v1/builds/" + build.path("id").asString())).isEqualTo(build);
    assertThat(get("/api/v1/builds?requestedBy=10.0.0.4").get(0).has("outputSize")).isFalse();
  }

  @Test
  void areSummedUpByDay() {
    JsonNode days = get("/api/v1/builds/summary?name=d-1");
    assertThat(days.size()).isEqualTo(2);
    // 20:00 to 23:00, of i = 1, 3, 5 and 7, of which 3 failed
    JsonNode first = days.get(1);
    assertThat(first.path("day").asString()).isEqualTo("2026-01-01");
    assertThat(first.path("succeeded").asInt()).isEqualTo(3);
    assertThat(first.path("failed").asInt()).isEqualTo(1);
    assertThat(first.path("other").asInt()).isZero();
    assertThat(first.path("medianSeconds").asDouble()).isEqualTo(12);
    assertThat(first.path("longestSeconds").asDouble()).isEqualTo(14);
    assertThat(get("/api/v1/builds/summary?name=d-1&limit=1").size()).isEqualTo(1);
    assertThat(get("/api/v1/builds/summary?name=unknown").size()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"state=done", "limit=0", "limit=1001", "since=yesterday", "after=x", "replica=x"})
  void areNotListedByNonsense(String query) {
    HttpResponse<String> response = new Client(port).get("/api/v1/builds?" + query);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
  }
}
