package dev.kiln.realise;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.springframework.context.ApplicationContext;

import dev.kiln.build.Abilities;
import dev.kiln.build.Builds;
import dev.kiln.build.LiveBuilds;
import dev.kiln.build.Misfits;
import dev.kiln.build.Replicas;
import dev.kiln.build.Wishes;
import dev.kiln.datadir.DataDirectory;
import dev.kiln.derivation.Derivations;
import dev.kiln.harness.TemporaryDirectories;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.storepath.StorePath;

/** What of a Kiln takes part in building, beside others of its like on one database and in one JVM. Nobody tells it any news. */
final class TestReplica implements AutoCloseable {

  static final Duration LEASE = Duration.ofSeconds(2);
  /** How long readers may come back, and replicas. */
  static final Duration GRACE = Duration.ofMillis(500);

  final Lease lease;
  final BuildWaiters waiters = new BuildWaiters();
  final BuildRunner runner;
  final Realiser realiser;
  final BuildControl control;
  private final DataDirectory directory;
  private final QueuePulse pulse;
  private ScheduledExecutorService clock;

  TestReplica(ApplicationContext kiln, int jobs) throws IOException {
    this(kiln, jobs, Abandoned.CONTINUE, kiln.getBean(Abilities.class).offered());
  }

  /** @param offers what its builds may need */
  TestReplica(ApplicationContext kiln, int jobs, Abandoned abandoned, Set<String> offers) throws IOException {
    LiveBuilds live = kiln.getBean(LiveBuilds.class);
    BuildRecorder recorder = kiln.getBean(BuildRecorder.class);
    directory = DataDirectory.open(TemporaryDirectories.create("kiln-replica-"));
    lease = new Lease(kiln.getBean(Replicas.class), directory, LEASE, Optional.of(offers));
    runner = new BuildRunner(kiln.getBean(BuildJob.class), recorder, live, waiters, lease,
        new BuildMetrics(new SimpleMeterRegistry()), jobs);
    Interests interests = new Interests(kiln.getBean(Wishes.class), lease, abandoned, GRACE);
    Refusals refusals = new Refusals(kiln.getBean(Misfits.class), kiln.getBean(Derivations.class),
        kiln.getBean(Abilities.class), kiln.getBean(Resolver.class), recorder, runner, lease, GRACE);
    pulse = new QueuePulse(live, waiters, runner, recorder, lease, interests, refusals);
    realiser = new Realiser(kiln.getBean(PathInfos.class), kiln.getBean(Derivations.class),
        kiln.getBean(DerivationPaths.class), kiln.getBean(Planner.class), kiln.getBean(TwinRegistrar.class),
        new BuildQueue(live, waiters, runner, interests, refusals), kiln.getBean(Resolver.class));
    control = new BuildControl(kiln.getBean(Builds.class), live, recorder, waiters, runner, lease, realiser);
    lease.join();
    runner.start();
    clock = beat();
  }

  private ScheduledExecutorService beat() {
    ScheduledExecutorService pulses = Executors.newScheduledThreadPool(2, Thread.ofPlatform().daemon().factory());
    var _ = pulses.scheduleWithFixedDelay(pulse::beat, 500, 500, TimeUnit.MILLISECONDS);
    var _ = pulses.scheduleWithFixedDelay(pulse::poll, 100, 100, TimeUnit.MILLISECONDS);
    return pulses;
  }

  PathInfo read(StorePath path, Duration patience) throws IOException, InterruptedException {
    return realiser.await(path, Instant.now().plus(patience));
  }

  /** It says nothing any more, as if it were stopped (SIGSTOP), but for the builds that run here. */
  void pause() throws InterruptedException {
    clock.shutdown();
    if (!clock.awaitTermination(1, TimeUnit.MINUTES)) {
      throw new AssertionError("its pulse does not end");
    }
  }

  void resume() {
    clock = beat();
  }

  /** It ends without a word to the database. */
  void kill() throws InterruptedException {
    pause();
    runner.drain();
    runner.abortAll();
    if (!runner.awaitIdle(Duration.ofMinutes(1))) {
      throw new AssertionError("its builds do not end");
    }
    waiters.stop();
  }

  @Override
  public void close() throws IOException {
    clock.shutdownNow();
    runner.drain();
    runner.abortAll();
    waiters.stop();
    lease.leave();
    directory.close();
  }
}
