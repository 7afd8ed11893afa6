package dev.kiln.realise;

import java.net.http.HttpResponse;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;

import dev.kiln.build.Priority;
import dev.kiln.derivation.Derivations;
import dev.kiln.harness.Client;
import dev.kiln.harness.ScratchKilnTest;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

/** Plans over as many derivations as a desktop system has: wide, and deep; and their submission. Run it by name: docs/performance.md. */
@ScratchKilnTest
@TestPropertySource(properties = "kiln.build.max-jobs=0")
class PlanBench {

  private static final int SIZE = 60_000;

  @Autowired
  JdbcTemplate jdbc;
  @Autowired
  Derivations derivations;
  @Autowired
  Planner planner;
  @Autowired
  BuildQueue queue;
  @LocalServerPort
  int port;

  @Test
  void wide() {
    measure("wide: 60 deep", 1_000, 11);
  }

  @Test
  void deep() {
    measure("deep: 30,000", 2, 11);
  }

  @Test
  void chain() {
    measure("chain: 60,000 deep", 1, 0);
  }

  private void measure(String name, int lanes, int inputs) {
    jdbc.update("truncate build, derivation, path_info cascade");
    StorePath root = new GeneratedGraph(jdbc, SIZE).insert(derivations, lanes, inputs);
    jdbc.update("""
        insert into build (id, derivation, derivation_name, state, submitted_at, started_at, ended_at)
        select gen_random_uuid(), hash, name, 'succeeded', now(), now() - interval '3 s', now() from derivation
        where name like '%7.drv'""");
    System.gc();
    long before = used();
    for (int i = 0; i < 4; i++) {
      long begin = System.nanoTime();
      HttpResponse<String> plan = new Client(port).get("/api/v1/derivations/" + root.baseName() + "/plan");
      System.out.printf("%s: %d ms, %d MB more of heap%n", name, (System.nanoTime() - begin) / 1_000_000,
          (used() - before) >> 20);
      assertThat(plan.statusCode()).as(plan.body()).isEqualTo(200);
      assertThat(plan.body().split("\\.drv\"", -1)).hasSize(SIZE + 2);
      assertThat(plan.body()).contains("\"known\":6000");
    }
    submit(name, root);
  }

  private void submit(String name, StorePath root) {
    System.gc();
    long before = used();
    long begin = System.nanoTime();
    Plan plan = planner.plan(root);
    long planned = System.nanoTime();
    assertThat(queue.submit(plan, root, Priority.BACKGROUND)).isPresent();
    System.out.printf("%s: planned in %d ms, submitted in %d ms, %d MB more of heap%n", name,
        (planned - begin) / 1_000_000,
        (System.nanoTime() - planned) / 1_000_000, (used() - before) >> 20);
    assertThat(jdbc.queryForObject("select count(*) from build where state in ('waiting', 'queued')", Integer.class))
        .isEqualTo(SIZE + 1);
    assertThat(jdbc.queryForObject("select count(*) from build_input", Integer.class))
        .isEqualTo(plan.steps().stream().mapToInt(step -> step.waitsFor().size()).sum());
  }

  /** With what is garbage by now: an upper bound. */
  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
