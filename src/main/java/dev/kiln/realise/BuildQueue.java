package dev.kiln.realise;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;

import dev.kiln.build.Build;
import dev.kiln.build.BuildFailure;
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

  /** A build that was asked for. Its fields are guarded by the queue's lock, but for those that never change. */
  static final class Task {
    private final UUID id = UUID.randomUUID();
    private final StorePath derivation;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final List<Task> dependents = new ArrayList<>();
    /** Tasks to be done before, and one until this task is on record. */
    private int waitsFor = 1;

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

  /** Runs one build to its end. */
  interface Job {
    /** @throws RealiseException if there is no result */
    void run(UUID build, StorePath derivation);
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<StorePathHash, Task> live = new HashMap<>();
  private final Builds builds;
  private final Job job;
  private final Executor executor;
  private final Clock clock;

  BuildQueue(Builds builds, Job job, Executor executor, Clock clock) {
    this.builds = builds;
    this.job = job;
    this.executor = executor;
    this.clock = clock;
  }

  /** @return the build of {@code derivation}, if it was asked for and has not ended */
  Optional<Task> find(StorePath derivation) {
    lock.lock();
    try {
      return Optional.ofNullable(live.get(derivation.hash()));
    } finally {
      lock.unlock();
    }
  }

  /** @return the build of {@code wanted}, which is one of the plan's steps */
  Task submit(Plan plan, StorePath wanted) {
    List<Task> fresh = new ArrayList<>();
    Task task = add(plan, wanted, fresh);
    try {
      Instant now = clock.instant();
      builds.submit(fresh.stream().map(each -> new Build(each.id, each.derivation, now, new Queued(), 0)).toList());
    } catch (RuntimeException e) {
      // not on record, so not to be run: whoever came to wait for them meanwhile is told why
      fresh.forEach(each -> end(each, e));
      throw e;
    }
    release(fresh);
    return task;
  }

  private Task add(Plan plan, StorePath wanted, List<Task> fresh) {
    lock.lock();
    try {
      Map<Task, Step> steps = new LinkedHashMap<>();
      for (Step step : plan.steps()) {
        if (!live.containsKey(step.derivation().hash())) {
          Task task = new Task(step.derivation());
          live.put(step.derivation().hash(), task);
          steps.put(task, step);
        }
      }
      steps.forEach((task, step) -> step.waitsFor().forEach(input -> {
        Objects.requireNonNull(live.get(input), "a step waits for what is no step").dependents.add(task);
        task.waitsFor++;
      }));
      fresh.addAll(steps.keySet());
      return Objects.requireNonNull(live.get(wanted.hash()), "what is wanted is no step");
    } finally {
      lock.unlock();
    }
  }

  /** Takes one from what each of {@code tasks} waits for, and runs those that wait for nothing more. */
  private void release(List<Task> tasks) {
    List<Task> ready = new ArrayList<>();
    lock.lock();
    try {
      for (Task task : tasks) {
        task.waitsFor--;
        if (task.waitsFor == 0 && !task.done.isDone()) {
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
    } catch (RejectedExecutionException _) {
      end(task, new Stopping());
    }
  }

  /** Tells all who wait that Kiln is stopping. What was under way stays on record as it was, and is lost. */
  void stop() {
    List<Task> tasks;
    lock.lock();
    try {
      tasks = List.copyOf(live.values());
    } finally {
      lock.unlock();
    }
    tasks.forEach(task -> end(task, new Stopping()));
  }

  private void run(Task task) {
    try {
      job.run(task.id, task.derivation);
    } catch (RuntimeException e) {
      end(task, e);
      return;
    }
    release(remove(task));
    task.done.complete(null);
  }

  /** Ends a task and all that wait for it, directly or not, for the same reason. */
  private void end(Task failed, RuntimeException reason) {
    Deque<Task> work = new ArrayDeque<>(List.of(failed));
    List<Task> dependents = new ArrayList<>();
    while (!work.isEmpty()) {
      Task task = work.pop();
      if (task.done.completeExceptionally(reason)) {
        work.addAll(remove(task));
        dependents.add(task);
      }
    }
    dependents.remove(failed);
    if (reason instanceof BuildFailed root) {
      dependents.forEach(task -> recordInputFailed(task, root));
    }
  }

  private void recordInputFailed(Task task, BuildFailed root) {
    String message = "it needs '" + root.derivation() + "', whose build failed: " + root.failure().message();
    builds.fail(task.id, clock.instant(),
        new BuildFailure(BuildFailure.Kind.INPUT_FAILED, message, OptionalInt.empty(), Optional.of(root.build())), 0);
  }

  /** @return the tasks that waited for {@code task} */
  private List<Task> remove(Task task) {
    lock.lock();
    try {
      live.remove(task.derivation.hash(), task);
      return List.copyOf(task.dependents);
    } finally {
      lock.unlock();
    }
  }
}
