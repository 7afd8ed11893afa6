package dev.kiln.realise;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.transaction.TransactionException;

import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.build.Claim;
import dev.kiln.build.LiveBuilds;
import dev.kiln.build.LostClaimException;
import dev.kiln.realise.BuildRecorder.Recorded;

/**
 * Runs builds on this replica, as many at once as it has jobs for. Each job is a thread, and takes the next build from the
 * database when it is offered work or has done some.
 */
final class BuildRunner {

  private static final Logger log = LoggerFactory.getLogger(BuildRunner.class);

  private static final long RETRY_MILLIS = 500;
  /** How long to try to put on record what a build came to. The lease is lost long before. */
  private static final Duration RECORD_LIMIT = Duration.ofMinutes(2);

  /** A build that runs here. Its fields are guarded by the runner's lock. */
  private static final class Run {
    private final Claim claim;
    private final Thread thread = Thread.currentThread();
    /** While the job runs: afterwards, an interruption would hit what is not the build. */
    private boolean interruptible = true;
    private boolean aborted;

    private Run(Claim claim) {
      this.claim = claim;
    }
  }

  private final BuildJob job;
  private final BuildRecorder recorder;
  private final LiveBuilds live;
  private final BuildWaiters waiters;
  private final Lease lease;
  private final BuildMetrics metrics;
  private final List<Thread> threads = new ArrayList<>();
  /** Offers of work that no job has looked after yet. */
  private final Semaphore offers = new Semaphore(0);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private final Map<UUID, Run> running = new HashMap<>();
  /** Claims that are on their way: in the database, perhaps, but not among those that run here. */
  private int claiming;
  private volatile boolean draining;

  BuildRunner(BuildJob job, BuildRecorder recorder, LiveBuilds live, BuildWaiters waiters, Lease lease,
      BuildMetrics metrics, int jobs) {
    this.job = job;
    this.recorder = recorder;
    this.live = live;
    this.waiters = waiters;
    this.lease = lease;
    this.metrics = metrics;
    for (int i = 1; i <= jobs; i++) {
      threads.add(Thread.ofPlatform().name("build-" + i).daemon().unstarted(this::work));
    }
  }

  void start() {
    threads.forEach(Thread::start);
  }

  int jobs() {
    return threads.size();
  }

  /** Says that builds may be queued. */
  void offer(int builds) {
    int room = threads.size() - offers.availablePermits();
    if (builds > 0 && room > 0) {
      offers.release(Math.min(builds, room));
    }
  }

  int runningCount() {
    lock.lock();
    try {
      return running.size();
    } finally {
      lock.unlock();
    }
  }

  boolean isDraining() {
    return draining;
  }

  /** @return the claims of the builds that run here; empty if one is on its way, so that nobody can tell */
  Optional<List<Claim>> running() {
    lock.lock();
    try {
      return claiming > 0 ? Optional.empty() : Optional.of(running.values().stream().map(run -> run.claim).toList());
    } finally {
      lock.unlock();
    }
  }

  /** Ends builds that run here and are not this replica's any more. Does not wait until they have ended. */
  void abort(Collection<UUID> builds) {
    lock.lock();
    try {
      for (UUID build : builds) {
        Run run = running.get(build);
        if (run != null && !run.aborted) {
          run.aborted = true;
          if (run.interruptible) {
            run.thread.interrupt();
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Builds were cancelled, wherever they run. */
  void cancelled(Collection<UUID> builds) {
    abort(builds);
    metrics.cancelled(builds.size());
  }

  /** Ends all builds that run here. */
  void abortAll() {
    Set<UUID> all;
    lock.lock();
    try {
      all = new HashSet<>(running.keySet());
    } finally {
      lock.unlock();
    }
    abort(all);
  }

  /** Begins no more builds. */
  void drain() {
    draining = true;
    offers.release(threads.size());
  }

  /** @return whether no build runs here any more */
  boolean awaitIdle(Duration limit) throws InterruptedException {
    long nanos = limit.toNanos();
    lock.lock();
    try {
      while (nanos > 0 && (!running.isEmpty() || claiming > 0)) {
        nanos = ended.awaitNanos(nanos);
      }
      return running.isEmpty() && claiming == 0;
    } finally {
      lock.unlock();
    }
  }

  private void work() {
    while (!draining) {
      offers.acquireUninterruptibly();
      boolean more = true;
      while (more && !draining) {
        more = runNext();
      }
    }
  }

  /** @return whether there was a build to run */
  private boolean runNext() {
    Run run;
    try {
      run = claim();
    } catch (DataAccessException | TransactionException e) {
      log.warn("no build can be begun now: {}", e.getMessage());
      log.debug("no build can be begun now", e);
      return false;
    }
    if (run == null) {
      return false;
    }
    try {
      end(run);
    } finally {
      remove(run);
    }
    return true;
  }

  private @Nullable Run claim() {
    Set<UUID> here;
    lock.lock();
    try {
      claiming++;
      here = Set.copyOf(running.keySet());
    } finally {
      lock.unlock();
    }
    Run run = null;
    try {
      run = live.claim(lease.replica(), here).map(Run::new).orElse(null);
    } finally {
      lock.lock();
      try {
        claiming--;
        if (run != null) {
          running.put(run.claim.build(), run);
        }
        ended.signalAll();
      } finally {
        lock.unlock();
      }
    }
    return run;
  }

  private void remove(Run run) {
    lock.lock();
    try {
      running.remove(run.claim.build(), run);
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void end(Run run) {
    Claim claim = run.claim;
    Optional<JobResult> result = run(run);
    if (result.isPresent()) {
      record(claim, result.get());
    } else {
      log.info("build {} of {} was ended", claim.build(), claim.derivation());
    }
  }

  /** @return empty if the build was aborted */
  private Optional<JobResult> run(Run run) {
    Optional<JobResult> result;
    try {
      result = Optional.of(job.run(run.claim.build(), run.claim.derivation()));
    } catch (InterruptedException _) {
      result = Optional.empty();
    } catch (RuntimeException | Error e) {
      // the outermost edge of a build: without this, its readers would wait for ever
      if (!isAborted(run)) {
        log.error("build {} of {}", run.claim.build(), run.claim.derivation(), e);
      }
      result = Optional.of(broken());
    }
    return seal(run) ? Optional.empty() : result;
  }

  private static JobResult broken() {
    return new JobResult.Failed(new BuildFailure(Kind.MACHINE_FAILED, "this Kiln failed; its log says why",
        OptionalInt.empty(), Optional.empty()));
  }

  private boolean isAborted(Run run) {
    lock.lock();
    try {
      return run.aborted;
    } finally {
      lock.unlock();
    }
  }

  /** From now on the thread is not interrupted. @return whether the build was aborted before */
  private boolean seal(Run run) {
    lock.lock();
    try {
      run.interruptible = false;
      // of an interruption that came when the job had ended
      var _ = Thread.interrupted();
      return run.aborted;
    } finally {
      lock.unlock();
    }
  }

  /** Tries until the database has it: it may be being started again. */
  private void record(Claim claim, JobResult result) {
    long begun = System.nanoTime();
    while (true) {
      try {
        Recorded recorded = recorder.record(claim, result, !lease.isAlone());
        waiters.end(recorded.ended(), recorded.reason());
        metrics.ended(recorded);
        // this job takes one of them itself
        offer(recorded.queued() - 1);
        return;
      } catch (LostClaimException e) {
        log.warn("{}: its result is thrown away", e.getMessage());
        return;
      } catch (DataIntegrityViolationException | IllegalStateException | IllegalArgumentException e) {
        log.error("build {} of {}: its result cannot be recorded", claim.build(), claim.derivation(), e);
        if (result instanceof JobResult.Failed) {
          return;
        }
        record(claim, broken());
        return;
      } catch (DataAccessException | TransactionException e) {
        if (System.nanoTime() - begun > RECORD_LIMIT.toNanos()) {
          log.error("build {} of {}: its result cannot be recorded", claim.build(), claim.derivation(), e);
          return;
        }
        log.warn("the result of build {} is not recorded yet: {}", claim.build(), e.getMessage());
        pause();
      }
    }
  }

  /** Wakes those who wait, here. */
  void tell(Recorded recorded) {
    waiters.end(recorded.ended(), recorded.reason());
    metrics.ended(recorded);
    offer(recorded.queued());
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
