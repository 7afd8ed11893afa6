package dev.kiln.realise;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.jdbc.JdbcTestUtils;

import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.castore.Castore;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Recipes;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.realise.Realisation.Building;
import dev.kiln.realise.RealiseException.BuildFailed;
import dev.kiln.realise.RealiseException.MissingSources;
import dev.kiln.realise.RealiseException.StillBuilding;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/** How builds queue, wait, fail and end, with a builder that is faster than any sandbox. */
@KilnTest
@Import(QueueIT.Fast.class)
// ten thousand commits: what they are worth after a crash is tested elsewhere
@TestPropertySource(properties = {"spring.datasource.hikari.connection-init-sql=set synchronous_commit = off",
    "kiln.build.attempts=3", "kiln.build.retry-delay=10ms"})
class QueueIT {

  private static final Duration LONG = Duration.ofMinutes(5);

  @TestConfiguration(proxyBeanMethods = false)
  static class Fast {
    @Bean
    @Primary
    FastBuilder fastBuilder(Castore castore) {
      return new FastBuilder(castore);
    }

    @Bean
    @Primary
    RealiseProperties twoJobs() {
      return new RealiseProperties(2, true);
    }
  }

  @Autowired
  Realiser realiser;

  @Autowired
  FastBuilder builder;

  @Autowired
  Derivations derivations;

  @Autowired
  PathInfos pathInfos;

  @Autowired
  JdbcTemplate jdbc;

  private final Recipes recipes = new Recipes();

  @BeforeEach
  void empty() {
    await().until(() -> builder.running.get() == 0);
    jdbc.update("truncate build, derivation, path_info cascade");
    builder.runs.clear();
    builder.most.set(0);
  }

  @Test
  void buildsAChainOfFiveThousandWithoutAThreadOrAStackForEach() throws Exception {
    List<KnownDerivation> chain = recipes.chain("deep", 5_000);
    derivations.register(chain);
    StorePath last = Recipes.output(chain.getLast());
    assertThat(realiser.await(last, Instant.now().plus(LONG)).path()).isEqualTo(last);
    assertThat(count("path_info")).isEqualTo(5_000);
    assertThat(builds("succeeded")).isEqualTo(5_000);
    assertThat(builder.threads).hasSizeLessThanOrEqualTo(2);
  }

  @Test
  void failsAChainOfFiveThousandOnceForItsLeafAndNamesIt() throws Exception {
    KnownDerivation leaf = recipes.script("leaf", "fail");
    List<KnownDerivation> chain = new ArrayList<>(List.of(leaf));
    for (int i = 1; i < 5_000; i++) {
      chain.add(recipes.script("user-" + i, "true", chain.getLast()));
    }
    derivations.register(chain);
    StorePath last = Recipes.output(chain.getLast());
    assertThatThrownBy(() -> realiser.await(last, Instant.now().plus(LONG)))
        .isInstanceOfSatisfying(BuildFailed.class, e -> {
          assertThat(e.derivation()).isEqualTo(leaf.path());
          assertThat(e.failure().exitCode()).hasValue(3);
        });
    assertThat(builder.runs).isEqualTo(Map.of(leaf.path(), 1));
    assertThat(builds("failed")).isEqualTo(5_000);
    assertThat(jdbc.queryForObject("select count(*) from build where failure = 'INPUT_FAILED' and message like ? "
        + "and failed_input = (select id from build where failure = 'BUILDER_FAILED' and exit_code = 3)",
        Integer.class, "%" + leaf.path() + "%")).isEqualTo(4_999);
  }

  @Test
  void buildsOnceForTwoHundredReadersAtOnce() throws Exception {
    for (int round = 0; round < 10; round++) {
      KnownDerivation input = recipes.script("shared-" + round, "true");
      KnownDerivation wanted = recipes.script("wanted-" + round, "true", input);
      derivations.register(List.of(input, wanted));
      Callable<PathInfo> reader = () -> realiser.await(Recipes.output(wanted), Instant.now().plus(LONG));
      try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
        for (Future<PathInfo> read : readers.invokeAll(Collections.nCopies(200, reader))) {
          assertThat(read.get().path()).isEqualTo(Recipes.output(wanted));
        }
      }
    }
    assertThat(builds("succeeded")).isEqualTo(20);
    assertThat(count("build")).isEqualTo(20);
  }

  @Test
  void tellsTwoHundredReadersAtOnceOfOneFailure() throws Exception {
    KnownDerivation input = recipes.script("bad", "fail");
    KnownDerivation wanted = recipes.script("needy", "true", input);
    derivations.register(List.of(input, wanted));
    builder.gate = new CountDownLatch(1);
    KnownDerivation first = recipes.script("first", "wait");
    KnownDerivation second = recipes.script("second", "wait");
    derivations.register(List.of(first, second));
    realiser.realise(Recipes.output(first));
    realiser.realise(Recipes.output(second));
    // both jobs are busy: all come while it waits
    try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
      CountDownLatch all = new CountDownLatch(200);
      List<Future<Void>> reads = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        reads.add(readers.submit(() -> {
          Building building = (Building) realiser.realise(Recipes.output(wanted));
          all.countDown();
          return building.done().get(1, TimeUnit.MINUTES);
        }));
      }
      assertThat(all.await(1, TimeUnit.MINUTES)).isTrue();
      assertThat(count("build")).isEqualTo(4);
      builder.gate.countDown();
      for (Future<Void> read : reads) {
        assertThatThrownBy(() -> read.get(1, TimeUnit.MINUTES)).rootCause().isInstanceOf(BuildFailed.class);
      }
    }
    assertThat(builder.runs).containsEntry(input.path(), 1).doesNotContainKey(wanted.path());
  }

  @Test
  void goesOnWhenItsReadersLeave() throws Exception {
    builder.gate = new CountDownLatch(1);
    KnownDerivation slow = recipes.script("slow", "wait");
    KnownDerivation user = recipes.script("user-of-slow", "true", slow);
    derivations.register(List.of(slow, user));
    assertThatThrownBy(() -> realiser.await(Recipes.output(user), Instant.now())).isInstanceOf(StillBuilding.class);
    Thread reader = Thread.startVirtualThread(() -> {
      try {
        realiser.await(Recipes.output(user), Instant.now().plus(LONG));
      } catch (IOException | InterruptedException _) {
        // it leaves
      }
    });
    await().until(() -> reader.getState() == Thread.State.TIMED_WAITING);
    reader.interrupt();
    reader.join();
    builder.gate.countDown();
    await().atMost(LONG).until(() -> pathInfos.find(Recipes.output(user).hash()).isPresent());
  }

  @Test
  void runsAsManyBuildsAtOnceAsItMayAndNoMore() throws Exception {
    List<KnownDerivation> leaves = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      leaves.add(recipes.script("leaf-" + i, "pause"));
    }
    KnownDerivation join = recipes.script("join", "true", leaves.toArray(KnownDerivation[]::new));
    derivations.register(leaves);
    derivations.register(List.of(join));
    realiser.await(Recipes.output(join), Instant.now().plus(LONG));
    assertThat(builder.most).hasValue(2);
    assertThat(builds("succeeded")).isEqualTo(41);
  }

  @Test
  void triesABuildThatADefectBreaksOffThreeTimesAndAnewForTheNextReader() {
    KnownDerivation defect = recipes.script("defect", "defect");
    KnownDerivation user = recipes.script("user-of-defect", "true", defect);
    derivations.register(List.of(defect, user));
    for (int round = 1; round <= 2; round++) {
      assertThatThrownBy(() -> realiser.await(Recipes.output(user), Instant.now().plus(LONG)))
          .isInstanceOfSatisfying(BuildFailed.class,
              e -> assertThat(e.failure().kind()).isEqualTo(Kind.MACHINE_FAILED));
      assertThat(builds("failed")).isEqualTo(2 * round);
    }
    assertThat(builder.runs).containsEntry(defect.path(), 6);
  }

  @Test
  void takesTheProducerOfAFixedOutputWhoseSourcesAreHere() throws Exception {
    StorePath absent = StorePath.parseBaseName("0000000000000000000000000000000a-absent");
    KnownDerivation cannot = recipes.fixed("fetched", "one", "content", List.of(absent));
    KnownDerivation can = recipes.fixed("fetched", "two", "content", List.of());
    derivations.register(List.of(cannot));
    assertThatThrownBy(() -> realiser.await(Recipes.output(can), Instant.now().plus(LONG)))
        .isInstanceOfSatisfying(MissingSources.class, e -> assertThat(e.missing()).containsExactly(absent));
    derivations.register(List.of(can));
    realiser.await(Recipes.output(can), Instant.now().plus(LONG));
    assertThat(builder.runs).isEqualTo(Map.of(can.path(), 1));
  }

  @Test
  void plansOnlyWhatIsMissing() throws Exception {
    List<KnownDerivation> chain = recipes.chain("half", 10);
    derivations.register(chain);
    realiser.await(Recipes.output(chain.get(4)), Instant.now().plus(LONG));
    assertThat(realiser.plan(chain.getLast().path()).steps()).hasSize(5);
    realiser.await(Recipes.output(chain.getLast()), Instant.now().plus(LONG));
    assertThat(count("build")).isEqualTo(10);
  }

  private int builds(String state) {
    return JdbcTestUtils.countRowsInTableWhere(jdbc, "build", "state = '" + state + "'");
  }

  private int count(String table) {
    return JdbcTestUtils.countRowsInTable(jdbc, table);
  }
}
