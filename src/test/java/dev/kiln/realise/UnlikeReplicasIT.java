package dev.kiln.realise;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;

import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.build.Priority;
import dev.kiln.castore.Castore;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.BuildInvariants;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Recipes;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.realise.RealiseException.BuildFailed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/** Replicas on one database that offer different things, and readers of different patience. */
@KilnTest
@Import(UnlikeReplicasIT.Fast.class)
@TestPropertySource(properties = {"kiln.build.max-jobs=0", "kiln.build.poll=1h", "kiln.build.lease=1h",
    "kiln.build.listen=false", "kiln.test.kiln=unlike"})
class UnlikeReplicasIT {

  private static final Duration LONG = Duration.ofMinutes(3);
  private static final String SYSTEM = System.getProperty("os.arch").equals("aarch64") ? "aarch64-linux"
      : "x86_64-linux";

  @TestConfiguration(proxyBeanMethods = false)
  static class Fast {
    @Bean
    @Primary
    FastBuilder fastBuilder(Castore castore) {
      return new FastBuilder(castore);
    }
  }

  @Autowired
  ApplicationContext kiln;

  @Autowired
  FastBuilder builder;

  @Autowired
  Derivations derivations;

  @Autowired
  JdbcTemplate jdbc;

  private final Recipes recipes = new Recipes();
  private final List<TestReplica> replicas = new ArrayList<>();

  @BeforeEach
  void empty() {
    jdbc.update("truncate build, derivation, path_info, replica cascade");
    builder.runs.clear();
    builder.gate = new CountDownLatch(1);
  }

  @AfterEach
  void end() throws Exception {
    builder.gate.countDown();
    for (TestReplica replica : replicas) {
      replica.close();
    }
    await().until(() -> builder.running.get() == 0);
  }

  private TestReplica replica(Abandoned abandoned, String... offers) throws Exception {
    TestReplica replica = new TestReplica(kiln, 2, abandoned, Set.of(offers));
    replicas.add(replica);
    return replica;
  }

  /** Registers derivations, and says what they need, as those for other machines would. */
  private void register(String needs, KnownDerivation... all) {
    derivations.register(List.of(all));
    for (KnownDerivation known : all) {
      jdbc.update("update derivation set needs = ? where hash = ?", needs, known.path().hash().toByteArray());
    }
  }

  private Map<String, Integer> states() {
    Map<String, Integer> states = new TreeMap<>();
    jdbc.query("select state, count(*) from build group by state", row -> {
      states.put(row.getString(1), row.getInt(2));
    });
    return states;
  }

  @Test
  void eachRunWhatTheyOfferWhereverItIsAskedFor() throws Exception {
    TestReplica plain = replica(Abandoned.CONTINUE, SYSTEM);
    TestReplica special = replica(Abandoned.CONTINUE, "mips-linux", SYSTEM, "+kvm");
    special.runner.drain();
    KnownDerivation input = recipes.script("input", "true");
    KnownDerivation test = recipes.script("test", "true", input);
    register(SYSTEM, input);
    register(SYSTEM + " +kvm", test);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<PathInfo> read = threads.submit(() -> plain.read(Recipes.output(test), LONG));
      await().atMost(LONG).until(() -> states().equals(Map.of("succeeded", 1, "queued", 1)));
      TestReplica other = replica(Abandoned.CONTINUE, SYSTEM, "+kvm");
      read.get();
      assertThat(jdbc.queryForObject("select replica from build where derivation_name = 'test.drv'",
          UUID.class)).isEqualTo(other.lease.replica());
    }
    assertThat(builder.runs).isEqualTo(Map.of(input.path(), 1, test.path(), 1));
    BuildInvariants.checkNothingIsLive(jdbc);
  }

  @Test
  void answerAtOnceForWhatNoneOfThemOffersBeforeItsInputsAreBuilt() throws Exception {
    TestReplica plain = replica(Abandoned.CONTINUE, SYSTEM);
    KnownDerivation input = recipes.script("input", "wait");
    KnownDerivation test = recipes.script("test", "true", input);
    KnownDerivation user = recipes.script("user", "true", test);
    register(SYSTEM, input);
    register("mips-linux", test);
    register(SYSTEM, user);
    assertThatThrownBy(() -> plain.read(Recipes.output(user), LONG)).isInstanceOfSatisfying(BuildFailed.class, e -> {
      assertThat(e.failure().kind()).isEqualTo(Kind.CANNOT_BUILD_HERE);
      assertThat(e.derivation()).isEqualTo(test.path());
    });
    builder.gate.countDown();
    await().atMost(LONG).until(() -> states().equals(Map.of("succeeded", 1, "failed", 2)));
    BuildInvariants.checkNothingIsLive(jdbc);
  }

  @Test
  void sayWhichOneIsGoneThatCould() throws Exception {
    TestReplica plain = replica(Abandoned.CONTINUE, SYSTEM);
    KnownDerivation test = recipes.script("test", "wait");
    register("mips-linux", test);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<PathInfo> read;
      try (TestReplica special = replica(Abandoned.CONTINUE, "mips-linux")) {
        read = threads.submit(() -> plain.read(Recipes.output(test), LONG));
        await().atMost(LONG).until(() -> builder.running.get() == 1);
        special.kill();
      }
      replicas.removeLast();
      assertThatThrownBy(read::get).rootCause().isInstanceOfSatisfying(BuildFailed.class, e -> {
        assertThat(e.failure().kind()).isEqualTo(Kind.CANNOT_BUILD_HERE);
        assertThat(e.failure().message()).contains("is gone: its lease ran out at ");
      });
    }
    BuildInvariants.checkNothingIsLive(jdbc);
  }

  @Test
  void cancelForTheLastReaderOnly() throws Exception {
    TestReplica first = replica(Abandoned.CANCEL, SYSTEM);
    TestReplica second = replica(Abandoned.CANCEL, SYSTEM);
    KnownDerivation slow = recipes.script("slow", "wait");
    KnownDerivation user = recipes.script("user", "true", slow);
    register(SYSTEM, slow, user);
    List<Reader> readers = new ArrayList<>();
    List<Future<PathInfo>> reads = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (TestReplica replica : List.of(first, second, second)) {
        Reader reader = Reader.of(new Requester("127.0.0.1", "reader " + readers.size()), Optional.empty(),
            Optional.empty(), _ -> {
            });
        readers.add(reader);
        reads.add(threads.submit(() -> ScopedValue.where(Reader.CURRENT, reader)
            .call(() -> replica.read(Recipes.output(user), LONG))));
        await().atMost(LONG).until(() -> states().equals(Map.of("running", 1, "waiting", 1)));
      }
      await().atMost(LONG).until(() -> jdbc.queryForList("select * from build_interest").size() == 2);
      readers.get(0).leave();
      readers.get(1).leave();
      assertThatThrownBy(() -> reads.get(0).get()).hasRootCauseInstanceOf(RealiseException.StillBuilding.class);
      Thread.sleep(2_000);
      assertThat(states()).isEqualTo(Map.of("running", 1, "waiting", 1));
      readers.get(2).leave();
      await().atMost(LONG).until(() -> states().equals(Map.of("cancelled", 2)));
      await().atMost(LONG).until(() -> builder.running.get() == 0);
    }
    assertThat(jdbc.queryForList("select * from build_interest")).isEmpty();
    BuildInvariants.checkNothingIsLive(jdbc);
  }

  @Test
  void beginAnInteractiveReadBeforeWhatWasAskedForInTheBackground() throws Exception {
    TestReplica replica = replica(Abandoned.CONTINUE, SYSTEM);
    KnownDerivation[] busy = {recipes.script("busy-0", "wait"), recipes.script("busy-1", "wait")};
    register(SYSTEM, busy);
    replica.realiser.realise(Recipes.output(busy[0]));
    replica.realiser.realise(Recipes.output(busy[1]));
    await().atMost(LONG).until(() -> builder.running.get() == 2);
    KnownDerivation[] batch = new KnownDerivation[20];
    for (int i = 0; i < batch.length; i++) {
      batch[i] = recipes.script("batch-" + i, "true");
    }
    register(SYSTEM, batch);
    for (KnownDerivation each : batch) {
      assertThatThrownBy(() -> replica.read(Recipes.output(each), Duration.ZERO))
          .isInstanceOf(RealiseException.StillBuilding.class);
    }
    assertThat(priorities()).isEqualTo(Map.of(Priority.BACKGROUND.level(), 20, Priority.NORMAL.level(), 2));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      // one that is queued already for the batch, and one that is not
      KnownDerivation fresh = recipes.script("fresh", "true", batch[7]);
      register(SYSTEM, fresh);
      Future<PathInfo> read = threads.submit(() -> replica.read(Recipes.output(fresh), LONG));
      await().atMost(LONG).until(() -> priorities().getOrDefault(Priority.INTERACTIVE.level(), 0) == 2);
      builder.gate.countDown();
      read.get();
      await().atMost(LONG).until(() -> states().equals(Map.of("succeeded", 23)));
    }
    List<String> begun = jdbc.query(
        "select derivation_name from build where derivation_name not like 'busy%' order by started_at",
        (row, _) -> row.getString(1));
    // two jobs begin at once, and each passes over what the other has its hand on
    assertThat(begun.indexOf("batch-7.drv")).isLessThan(2);
    assertThat(begun.indexOf("fresh.drv")).isLessThan(4);
  }

  private Map<Integer, Integer> priorities() {
    Map<Integer, Integer> priorities = new TreeMap<>();
    jdbc.query("select priority, count(*) from build group by priority", row -> {
      priorities.put(row.getInt(1), row.getInt(2));
    });
    return priorities;
  }
}
