package dev.kiln.check;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.kiln.build.Build;
import dev.kiln.build.BuildState;
import dev.kiln.build.Builds;
import dev.kiln.check.CheckException.NothingToCompare;
import dev.kiln.check.CheckException.UnknownBuild;
import dev.kiln.check.CheckException.UnknownCheck;
import dev.kiln.realise.RealiseException.Stopping;
import dev.kiln.realise.Rebuild;
import dev.kiln.realise.Rebuilds;

/**
 * Checks whether what was built comes out the same when it is built again. Of one derivation there is one check at a time; who
 * asks for another meanwhile joins it.
 */
public final class Checker {

  private static final Logger log = LoggerFactory.getLogger(Checker.class);

  private final Builds builds;
  private final Rebuilds rebuilds;
  private final Checks checks;
  private final CheckJob job;
  private final ExecutorService executor;
  private final Clock clock;
  /** Of this Kiln's checks that have not ended. */
  private final Map<UUID, CompletableFuture<Void>> live = new ConcurrentHashMap<>();

  Checker(Builds builds, Rebuilds rebuilds, Checks checks, CheckJob job, ExecutorService executor, Clock clock) {
    this.builds = builds;
    this.rebuilds = rebuilds;
    this.checks = checks;
    this.job = job;
    this.executor = executor;
    this.clock = clock;
  }

  /**
   * Begins to check a build, and does not wait for it.
   *
   * @throws UnknownBuild there is no such build
   * @throws NothingToCompare the build has not succeeded, or its outputs are gone
   * @throws dev.kiln.realise.RealiseException its derivation or its inputs are gone
   */
  public Check begin(UUID build) throws IOException {
    Build record = builds.find(build).orElseThrow(() -> new UnknownBuild(build));
    if (!(record.state() instanceof BuildState.Succeeded)) {
      throw new NothingToCompare(record.derivation(), "was not built by build " + build);
    }
    Rebuild rebuild = rebuilds.of(record.derivation())
        .orElseThrow(() -> new NothingToCompare(record.derivation(), "has outputs that are not here any more"));
    Check check = new Check(UUID.randomUUID(), build, record.derivation(),
        clock.instant().truncatedTo(ChronoUnit.MICROS), new CheckState.Queued());
    // known before it is on record: who joins it then finds it here
    CompletableFuture<Void> done = new CompletableFuture<>();
    live.put(check.id(), done);
    boolean submitted = false;
    try {
      submitted = checks.submit(check, rebuilds.replica());
    } finally {
      if (!submitted) {
        live.remove(check.id());
      }
    }
    if (!submitted) {
      // the other may have ended between the two questions: whoever asks again begins a new one
      return checks.live(record.derivation().hash()).orElseThrow(Stopping::new);
    }
    execute(check, rebuild, done);
    return check;
  }

  /**
   * Waits until a check has ended.
   *
   * @param until when to give up waiting; the check goes on
   * @return how far it is then
   * @throws Stopping Kiln is being stopped
   */
  public Check await(Check check, Instant until) throws InterruptedException {
    CompletableFuture<Void> done = live.get(check.id());
    if (done != null) {
      try {
        done.get(Math.max(0, Duration.between(clock.instant(), until).toMillis()), TimeUnit.MILLISECONDS);
      } catch (TimeoutException _) {
        return find(check.build(), check.id());
      } catch (ExecutionException e) {
        throw e.getCause() instanceof Stopping stopping ? stopping : new IllegalStateException(e.getCause());
      }
    }
    return find(check.build(), check.id());
  }

  /** @throws UnknownCheck there is no such check */
  public Check find(UUID build, UUID check) {
    return checks.find(check).filter(found -> found.build().equals(build))
        .orElseThrow(() -> new UnknownCheck(build, check));
  }

  /** Tells all who wait that Kiln is stopping. */
  void stop() {
    live.values().forEach(done -> done.completeExceptionally(new Stopping()));
  }

  private void execute(Check check, Rebuild rebuild, CompletableFuture<Void> done) {
    try {
      executor.execute(() -> run(check, rebuild, done));
    } catch (RejectedExecutionException e) {
      log.debug("check {} is not begun", check.id(), e);
      live.remove(check.id());
      throw new Stopping();
    }
  }

  private void run(Check check, Rebuild rebuild, CompletableFuture<Void> done) {
    try {
      job.run(check.id(), rebuild);
      done.complete(null);
    } catch (Stopping e) {
      done.completeExceptionally(e);
    } catch (RuntimeException | Error e) {
      // the outermost edge of a check: without this, whoever waits would do so for ever
      log.error("check {} of {}", check.id(), check.derivation(), e);
      done.completeExceptionally(e);
      job.broken(check.id());
    } finally {
      live.remove(check.id());
    }
  }
}
