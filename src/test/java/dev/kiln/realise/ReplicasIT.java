package dev.kiln.realise;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

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

import dev.kiln.build.Build;
import dev.kiln.build.BuildState;
import dev.kiln.build.Builds;
import dev.kiln.build.Builds.Filter;
import dev.kiln.castore.Castore;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.BuildInvariants;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Recipes;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.realise.RealiseException.BuildCancelled;
import dev.kiln.realise.RealiseException.BuildFailed;
import dev.kiln.realise.RealiseException.StillBuilding;
import dev.kiln.realise.RealiseException.Stopping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/** Several replicas on one database, each of which finds out by itself what the others do: there are no news. */
@KilnTest
@Import(ReplicasIT.Fast.class)
@TestPropertySource(properties = {"kiln.build.max-jobs=0", "kiln.build.poll=1h", "kiln.build.lease=1h",
    "kiln.build.attempts=5", "kiln.build.retry-delay=10ms", "kiln.build.failure-memory=1h", "kiln.build.listen=false",
    "kiln.test.kiln=replicas", "spring.datasource.hikari.maximum-pool-size=24"})
class ReplicasIT {

  private static final Duration LONG = Duration.ofMinutes(5);
  /** Derivations in the random graph. */
  private static final int GRAPH = Integer.getInteger("kiln.test.graph", 200);
  private static final long SEED = Long.getLong("kiln.test.seed", System.nanoTime());

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
  Builds builds;

  @Autowired
  Derivations derivations;

  @Autowired
  PathInfos pathInfos;

  @Autowired
  JdbcTemplate jdbc;

  private final Recipes recipes = new Recipes();
  private final List<TestReplica> replicas = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void empty() throws Exception {
    jdbc.update("truncate build, derivation, path_info, replica cascade");
    builder.runs.clear();
    builder.twice.clear();
    builder.gate = new CountDownLatch(0);
    for (int i = 0; i < 3; i++) {
      replicas.add(new TestReplica(kiln, 2));
    }
  }

  @AfterEach
  void end() throws Exception {
    builder.gate.countDown();
    for (TestReplica replica : replicas) {
      replica.close();
    }
    await().until(() -> builder.running.get() == 0);
  }

  @Test
  void buildOnceForTwoHundredReaders() throws Exception {
    List<KnownDerivation> chain = recipes.chain("shared", 5);
    derivations.register(chain);
    try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<PathInfo>> reads = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        TestReplica replica = replicas.get(i % replicas.size());
        reads.add(() -> replica.read(Recipes.output(chain.getLast()), LONG));
      }
      for (Future<PathInfo> read : readers.invokeAll(reads)) {
        assertThat(read.get().path()).isEqualTo(Recipes.output(chain.getLast()));
      }
    }
    assertThat(builder.runs).hasSize(5).allSatisfy((_, runs) -> assertThat(runs).isEqualTo(1));
    assertThat(states()).isEqualTo(Map.of("succeeded", 5));
    BuildInvariants.checkNothingIsLive(jdbc);
  }

  @Test
  void takeUpWhatAReplicaLeftBehindThatDied() throws Exception {
    KnownDerivation slow = recipes.script("slow", "wait");
    derivations.register(List.of(slow));
    builder.gate = new CountDownLatch(1);
    TestReplica dying = replicas.removeFirst();
    try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor(); dying) {
      replicas.forEach(replica -> replica.runner.drain());
      Future<PathInfo> read = readers.submit(() -> replicas.getFirst().read(Recipes.output(slow), LONG));
      await().atMost(LONG).until(() -> builder.running.get() == 1);
      dying.kill();
      builder.gate.countDown();
      TestReplica heir = new TestReplica(kiln, 1);
      replicas.add(heir);
      assertThat(read.get().path()).isEqualTo(Recipes.output(slow));
    }
    assertThat(builder.runs).containsEntry(slow.path(), 2);
    assertThat(builder.twice).isEmpty();
    assertThat(jdbc.queryForObject("select attempt from build", Integer.class)).isEqualTo(2);
  }

  @Test
  void letNobodyRegisterWhoseLeaseRanOut() throws Exception {
    KnownDerivation slow = recipes.script("slow", "wait");
    derivations.register(List.of(slow));
    builder.gate = new CountDownLatch(1);
    TestReplica paused = replicas.removeFirst();
    try (paused) {
      replicas.forEach(replica -> replica.runner.drain());
      UUID build = ((Realisation.Building) paused.realiser.realise(Recipes.output(slow))).build();
      await().atMost(LONG).until(() -> builder.running.get() == 1);
      paused.pause();
      await().atMost(LONG).until(() -> builds.find(build).orElseThrow().state() instanceof BuildState.Queued);
      builder.gate.countDown();
      assertThat(paused.runner.awaitIdle(LONG)).isTrue();
      assertThat(pathInfos.find(Recipes.output(slow).hash())).isEmpty();
      assertThat(builds.find(build).orElseThrow().state()).isEqualTo(new BuildState.Queued());
      UUID before = paused.lease.replica();
      paused.resume();
      await().atMost(LONG).until(() -> builds.find(build).orElseThrow().state() instanceof BuildState.Succeeded);
      assertThat(paused.lease.replica()).as("its name after its lease ran out").isNotEqualTo(before);
    }
    assertThat(builder.runs).containsEntry(slow.path(), 2);
  }

  @Test
  void cancelWhereverItRuns() throws Exception {
    KnownDerivation slow = recipes.script("slow", "wait");
    KnownDerivation user = recipes.script("user", "true", slow);
    derivations.register(List.of(slow, user));
    builder.gate = new CountDownLatch(1);
    TestReplica running = replicas.get(0);
    replicas.get(1).runner.drain();
    replicas.get(2).runner.drain();
    try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<PathInfo> read = readers.submit(() -> replicas.get(1).read(Recipes.output(user), LONG));
      await().atMost(LONG).until(() -> builder.running.get() == 1);
      Build build = list(slow).getFirst();
      assertThat(replicas.get(2).control.cancel(build)).isTrue();
      assertThatThrownBy(read::get).rootCause().isInstanceOfSatisfying(BuildCancelled.class,
          e -> assertThat(e.build()).isEqualTo(build.id()));
      await().atMost(LONG).until(() -> builder.running.get() == 0);
      assertThat(running.runner.awaitIdle(LONG)).isTrue();
      assertThat(replicas.get(2).control.cancel(build)).as("cancelled once more").isTrue();
    }
    assertThat(states()).isEqualTo(Map.of("cancelled", 2));
    builder.gate.countDown();
    replicas.get(0).read(Recipes.output(user), LONG);
    assertThat(states()).isEqualTo(Map.of("cancelled", 2, "succeeded", 2));
    assertThat(replicas.get(2).control.cancel(list(slow).getFirst())).as("cancelled when it had ended").isFalse();
    BuildInvariants.checkNothingIsLive(jdbc);
  }

  @Test
  void answerFromAFailureUntilItIsRetried() throws Exception {
    KnownDerivation bad = recipes.script("bad", "fail");
    KnownDerivation user = recipes.script("user", "true", bad);
    derivations.register(List.of(bad, user));
    List<UUID> told = new ArrayList<>();
    for (TestReplica replica : replicas) {
      assertThatThrownBy(() -> replica.read(Recipes.output(user), LONG)).isInstanceOfSatisfying(BuildFailed.class,
          e -> told.add(e.build()));
    }
    assertThat(told.stream().distinct()).containsExactly(list(bad).getFirst().id());
    assertThat(builder.runs).isEqualTo(Map.of(bad.path(), 1));
    Optional<UUID> again = replicas.get(1).control.retry(list(user).getFirst());
    assertThat(again).isPresent();
    await().atMost(LONG).until(() -> builds.find(again.get()).orElseThrow().state() instanceof BuildState.Failed);
    assertThat(builder.runs).isEqualTo(Map.of(bad.path(), 2));
    BuildInvariants.checkNothingIsLive(jdbc);
  }

  @Test
  void tryAgainWhatAMachineFailed() throws Exception {
    KnownDerivation unlucky = recipes.script("unlucky", "machine");
    derivations.register(List.of(unlucky));
    replicas.get(0).read(Recipes.output(unlucky), LONG);
    assertThat(builder.runs).isEqualTo(Map.of(unlucky.path(), 2));
    assertThat(states()).isEqualTo(Map.of("succeeded", 1));
  }

  /** Random shape, random failures, cancels, readers that leave, and replicas that die. */
  @Test
  void answerEveryReaderWhateverHappens() throws Exception {
    Random random = new Random(SEED);
    List<KnownDerivation> graph = graph(random);
    derivations.register(graph);
    List<Future<String>> reads = new ArrayList<>();
    AtomicBoolean over = new AtomicBoolean();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> chaos = threads.submit(() -> havoc(new Random(SEED + 1), over));
      for (int i = 0; i < GRAPH; i++) {
        KnownDerivation wanted = graph.get(random.nextInt(graph.size()));
        int replica = random.nextInt(1_000);
        boolean leaves = random.nextInt(20) == 0;
        reads.add(threads.submit(() -> leaves ? glance(replica, wanted) : answer(replica, wanted)));
        Thread.sleep(random.nextInt(10));
      }
      Map<String, Integer> answers = new HashMap<>();
      try {
        for (Future<String> read : reads) {
          answers.merge(read.get(LONG.toMinutes(), TimeUnit.MINUTES), 1, Integer::sum);
        }
      } finally {
        over.set(true);
      }
      chaos.get();
      System.out.println("seed " + SEED + ": " + answers + ", builds: " + states());
      assertThat(answers).as("seed " + SEED).containsKey("here");
      assertThat(answers.getOrDefault("here", 0) + answers.getOrDefault("failed", 0))
          .as("answers that tell how a build went, of " + answers + ", seed " + SEED).isGreaterThan(GRAPH / 2);
    }
    await().atMost(LONG).until(() -> jdbc.queryForList("select from build where ended_at is null").isEmpty());
    await().atMost(LONG).until(() -> jdbc.queryForList("select from build_interest").isEmpty());
    assertThat(builder.twice).as("seed " + SEED).isEmpty();
    BuildInvariants.checkNothingIsLive(jdbc);
  }

  private List<KnownDerivation> graph(Random random) {
    List<KnownDerivation> graph = new ArrayList<>();
    for (int i = 0; i < GRAPH; i++) {
      List<KnownDerivation> inputs = new ArrayList<>();
      // most need one other or none: what ends badly takes some with it, but not all
      for (int n = graph.isEmpty() ? 0 : Math.max(0, random.nextInt(5) - 2); n > 0; n--) {
        KnownDerivation input = graph.get(Math.max(0, graph.size() - 1 - random.nextInt(40)));
        if (!inputs.contains(input)) {
          inputs.add(input);
        }
      }
      int dice = random.nextInt(100);
      String script = dice < 2 ? "fail" : dice < 5 ? "machine" : dice < 50 ? "pause" : "true";
      graph.add(recipes.script("node-" + i, script, inputs.toArray(KnownDerivation[]::new)));
    }
    return graph;
  }

  /** @return what kind of answer there was */
  private String answer(int number, KnownDerivation wanted) throws Exception {
    while (true) {
      TestReplica replica;
      synchronized (replicas) {
        replica = replicas.get(number % replicas.size());
      }
      try {
        assertThat(replica.read(Recipes.output(wanted), LONG).path()).isEqualTo(Recipes.output(wanted));
        return "here";
      } catch (BuildFailed e) {
        return "failed";
      } catch (BuildCancelled e) {
        return "cancelled";
      } catch (Stopping _) {
        // its replica died: a client asks another
      }
    }
  }

  /** Reads without patience. What nobody else wants is cancelled then. */
  private String glance(int number, KnownDerivation wanted) throws Exception {
    Reader reader = Reader.of(new Requester("127.0.0.1", "impatient"), Optional.empty(), Optional.of(Abandoned.CANCEL),
        _ -> {
        });
    Thread leaving = Thread.startVirtualThread(() -> {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(number % 100));
      reader.leave();
    });
    try {
      return ScopedValue.where(Reader.CURRENT, reader).call(() -> answer(number, wanted));
    } catch (StillBuilding _) {
      return "left";
    } finally {
      leaving.join();
    }
  }

  private Void havoc(Random random, AtomicBoolean over) throws Exception {
    while (!over.get()) {
      Thread.sleep(random.nextInt(200));
      if (random.nextInt(8) == 0) {
        TestReplica dying = replicas.get(random.nextInt(replicas.size()));
        replicas.add(new TestReplica(kiln, 2));
        replicas.remove(dying);
        dying.kill();
      } else if (random.nextInt(6) == 0) {
        List<Build> live = builds.list(new Filter(Optional.empty(), Optional.of("running")), 0, 10);
        if (!live.isEmpty()) {
          replicas.getFirst().control.cancel(live.get(random.nextInt(live.size())));
        }
      }
    }
    return null;
  }

  private List<Build> list(KnownDerivation derivation) {
    return builds.list(new Filter(Optional.of(derivation.path()), Optional.empty()), 0, 10);
  }

  private Map<String, Integer> states() {
    Map<String, Integer> states = new HashMap<>();
    jdbc.query("select state, count(*) from build group by state", row -> {
      states.put(row.getString(1), row.getInt(2));
    });
    return states;
  }
}
