package dev.kiln.realise;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.kiln.build.Build;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.build.BuildState.Queued;
import dev.kiln.build.Builds;
import dev.kiln.realise.Plan.Step;
import dev.kiln.realise.RealiseException.BuildFailed;
import dev.kiln.realise.RealiseException.Stopping;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/**
 * The builds that were asked for and have not ended, as a graph: each derivation once, however many wait for it. A build runs
 * when all that it waits for is done; what waits for a failed one fails with it. No call waits for a build, and no graph is
 * walked by recursion.
 */
final class BuildQueue {

  private static final Logger log = LoggerFactory.getLogger(BuildQueue.class);

  /** A build that was asked for. Its fields are guarded by the queue's lock, but for those that never change. */
  static final class Task {
    private final UUID id = UUID.randomUUID();
    private final StorePath derivation;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final List<Task> dependents = new ArrayList<>();
    /** Tasks to be done before, and one until this task is on record. */
    private int waitsFor = 1;
    private boolean recorded;
    /** Why it ended without a result. */
    private @Nullable RuntimeException reason;

    private Task(StorePath derivation) {
      this.derivation = derivation;
    }

    UUID id() {
      return id;
    }

    StorePath derivation() {
      return derivation;
    }

    CompletableFuture<Void> done() {
      return done;
    }
  }

  /**
   * A look at what is missing, which takes a while. It remembers the builds that end meanwhile: to whoever looks, their
   * outputs may still be missing.
   */
  final class Look implements AutoCloseable {
    private final Map<StorePathHash, Task> ended = new HashMap<>();

    /** @return the build of {@code derivation}, if it was asked for and has not ended before this look */
    Optional<Task> find(StorePath derivation) {
      lock.lock();
      try {
        return Optional.ofNullable(task(derivation.hash()));
      } finally {
        lock.unlock();
      }
    }

    /**
     * Queues what has to be built, and is not yet.
     *
     * @param plan made after this look began
     * @return the build of {@code wanted}, which is one of the plan's steps
     */
    Task submit(Plan plan, StorePath wanted) {
      return BuildQueue.this.submit(this, plan, wanted);
    }

    private @Nullable Task task(StorePathHash derivation) {
      Task task = live.get(derivation);
      return task == null ? ended.get(derivation) : task;
    }

    @Override
    public void close() {
      lock.lock();
      try {
        looks.remove(this);
      } finally {
        lock.unlock();
      }
    }
  }

  /** Runs one build to its end. */
  interface Job {
    /**
     * @return a derivation without input derivations that has to be built first; then this is run again
     * @throws RealiseException if there is no result
     */
    Optional<StorePath> run(UUID build, StorePath derivation);
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<StorePathHash, Task> live = new HashMap<>();
  private final Set<Look> looks = new HashSet<>();
  private boolean stopped;

  private final Builds builds;
  private final Job job;
  private final Executor executor;
  private final Clock clock;

  /** @param executor may refuse a build, or forget it, only after {@link #stop} */
  BuildQueue(Builds builds, Job job, Executor executor, Clock clock) {
    this.builds = builds;
    this.job = job;
    this.executor = executor;
    this.clock = clock;
  }

  /** The caller closes it. */
  Look look() {
    Look look = new Look();
    lock.lock();
    try {
      looks.add(look);
    } finally {
      lock.unlock();
    }
    return look;
  }

  /** Tells all who wait that Kiln is stopping, and takes no more. What is on record stays as it is: it is lost, not failed. */
  void stop() {
    List<Task> all;
    lock.lock();
    try {
      stopped = true;
      all = List.copyOf(live.values());
      live.clear();
    } finally {
      lock.unlock();
    }
    all.forEach(task -> task.done.completeExceptionally(new Stopping()));
  }

  private Task submit(Look look, Plan plan, StorePath wanted) {
    List<Task> fresh = new ArrayList<>();
    Task task = add(look, plan, wanted, fresh);
    record(fresh);
    release(recorded(fresh));
    return task;
  }

  private Task add(Look look, Plan plan, StorePath wanted, List<Task> fresh) {
    lock.lock();
    try {
      if (stopped) {
        throw new Stopping();
      }
      Task ended = look.ended.get(wanted.hash());
      if (ended != null && !live.containsKey(wanted.hash())) {
        return ended;
      }
      Map<Task, Step> steps = new LinkedHashMap<>();
      for (Step step : plan.steps()) {
        Task known = look.task(step.derivation().hash());
        if (known != null && known.reason != null) {
          throw known.reason;
        }
        if (known == null) {
          steps.put(new Task(step.derivation()), step);
        }
      }
      steps.keySet().forEach(task -> live.put(task.derivation.hash(), task));
      steps.forEach((task, step) -> step.waitsFor().forEach(input -> waitFor(look, task, input)));
      fresh.addAll(steps.keySet());
      return Objects.requireNonNull(live.get(wanted.hash()), "what is wanted is no step");
    } finally {
      lock.unlock();
    }
  }

  /** What ended since the plan was made needs no waiting for. */
  private void waitFor(Look look, Task task, StorePathHash input) {
    Task before = live.get(input);
    if (before != null) {
      before.dependents.add(task);
      task.waitsFor++;
    } else if (!look.ended.containsKey(input)) {
      throw new IllegalStateException("a step waits for what is no step");
    }
  }

  /** @return those of {@code fresh} that have not ended before they were on record, for want of an input */
  private List<Task> recorded(List<Task> fresh) {
    List<Task> going = new ArrayList<>();
    Map<RuntimeException, List<Task>> failed = new HashMap<>();
    lock.lock();
    try {
      for (Task task : fresh) {
        task.recorded = true;
        if (task.reason == null) {
          going.add(task);
        } else {
          failed.computeIfAbsent(task.reason, _ -> new ArrayList<>()).add(task);
        }
      }
    } finally {
      lock.unlock();
    }
    failed.forEach((reason, tasks) -> recordInputFailed(tasks, reason));
    return going;
  }

  /** Takes one from what each of {@code tasks} waits for, and runs those that wait for nothing more. */
  private void release(List<Task> tasks) {
    List<Task> ready = new ArrayList<>();
    lock.lock();
    try {
      for (Task task : tasks) {
        task.waitsFor--;
        if (task.waitsFor == 0 && task.reason == null && !stopped) {
          ready.add(task);
        }
      }
    } finally {
      lock.unlock();
    }
    ready.forEach(this::execute);
  }

  private void execute(Task task) {
    try {
      executor.execute(() -> run(task));
    } catch (RejectedExecutionException e) {
      log.debug("build {} is not begun", task.id, e);
      end(task, new Stopping());
    }
  }

  private void run(Task task) {
    Optional<StorePath> first;
    try {
      first = job.run(task.id, task.derivation);
    } catch (RealiseException e) {
      end(task, e);
      return;
    } catch (RuntimeException | Error e) {
      // the outermost edge of a build: without this, its readers would wait for ever
      log.error("build {} of {}", task.id, task.derivation, e);
      end(task, recordBroken(task));
      return;
    }
    if (first.isPresent()) {
      runAgainAfter(first.get(), task);
    } else {
      release(remove(task));
      task.done.complete(null);
    }
  }

  /** Of a derivation that several wait for there is one build, and no thread is held by those that wait. */
  private void runAgainAfter(StorePath derivation, Task task) {
    List<Task> fresh = new ArrayList<>();
    lock.lock();
    try {
      if (stopped) {
        return;
      }
      Task first = live.computeIfAbsent(derivation.hash(), _ -> {
        Task added = new Task(derivation);
        fresh.add(added);
        return added;
      });
      first.dependents.add(task);
      task.waitsFor = 1;
    } finally {
      lock.unlock();
    }
    try {
      record(fresh);
    } catch (RuntimeException e) {
      log.error("builds that are needed first could not be recorded: {}", fresh, e);
      return;
    }
    release(recorded(fresh));
  }

  private void record(List<Task> fresh) {
    try {
      Instant now = clock.instant();
      builds.submit(fresh.stream().map(each -> new Build(each.id, each.derivation, now, new Queued(), 0)).toList());
    } catch (RuntimeException e) {
      // not on record, so not to be run: whoever came to wait for them meanwhile is told why
      fresh.forEach(each -> end(each, e));
      throw e;
    }
  }

  private BuildFailed recordBroken(Task task) {
    BuildFailure failure = new BuildFailure(Kind.MACHINE_FAILED, "this Kiln failed; its log says why",
        OptionalInt.empty(), Optional.empty());
    recordFailed(List.of(task), failure);
    return new BuildFailed(task.id, task.derivation, failure);
  }

  /** Ends a task and all that wait for it, directly or not, for the same reason. */
  private void end(Task failed, RuntimeException reason) {
    List<Task> ended = new ArrayList<>();
    List<Task> dependents = new ArrayList<>();
    lock.lock();
    try {
      Deque<Task> work = new ArrayDeque<>(List.of(failed));
      while (!work.isEmpty()) {
        Task task = work.pop();
        if (task.reason == null) {
          task.reason = reason;
          forget(task);
          ended.add(task);
          work.addAll(task.dependents);
        }
      }
      ended.stream().filter(task -> task.recorded && task != failed).forEach(dependents::add);
    } finally {
      lock.unlock();
    }
    recordInputFailed(dependents, reason);
    ended.forEach(task -> task.done.completeExceptionally(reason));
  }

  private void recordInputFailed(List<Task> tasks, RuntimeException reason) {
    if (reason instanceof BuildFailed root && !tasks.isEmpty()) {
      String message = "it needs '" + root.derivation() + "', whose build failed: " + root.failure().message();
      recordFailed(tasks,
          new BuildFailure(Kind.INPUT_FAILED, message, OptionalInt.empty(), Optional.of(root.build())));
    }
  }

  /** Whoever waits is told in any case, so a record that cannot be written is for the log. */
  private void recordFailed(Collection<Task> tasks, BuildFailure failure) {
    try {
      builds.failAll(tasks.stream().map(Task::id).toList(), clock.instant(), failure);
    } catch (RuntimeException e) {
      log.error("{} builds failed, but could not be recorded: {}", tasks.size(), failure.message(), e);
    }
  }

  /** @return the tasks that waited for {@code task} */
  private List<Task> remove(Task task) {
    lock.lock();
    try {
      forget(task);
      return List.copyOf(task.dependents);
    } finally {
      lock.unlock();
    }
  }

  /** Called under the lock. */
  private void forget(Task task) {
    live.remove(task.derivation.hash(), task);
    looks.forEach(look -> look.ended.put(task.derivation.hash(), task));
  }
}
