package dev.kiln.realise;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import dev.kiln.build.BuildOrder;
import dev.kiln.build.LiveBuilds;
import dev.kiln.build.LiveBuilds.Live;
import dev.kiln.build.Priority;
import dev.kiln.build.Submission;
import dev.kiln.build.Wish;
import dev.kiln.realise.Plan.Step;
import dev.kiln.realise.Realisation.Building;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/**
 * The builds that were asked for and have not ended, as a graph that the database holds: each derivation once, however many wait
 * for it, on however many replicas. No call waits for a build, and no graph is walked by recursion.
 */
final class BuildQueue {

  private final LiveBuilds live;
  private final BuildWaiters waiters;
  private final BuildRunner runner;
  private final Interests interests;
  private final Refusals refusals;

  BuildQueue(LiveBuilds live, BuildWaiters waiters, BuildRunner runner, Interests interests, Refusals refusals) {
    this.live = live;
    this.waiters = waiters;
    this.runner = runner;
    this.interests = interests;
    this.refusals = refusals;
  }

  /**
   * @param urgency if the reader does not say otherwise
   * @return a build of one of {@code derivations} that has not ended
   * @throws RealiseException.BuildFailed there is none, but one that failed not long ago
   */
  Optional<Building> find(List<StorePath> derivations, Priority urgency) {
    return waiters.find(derivations)
        .or(() -> live.find(derivations.stream().map(StorePath::hash).toList()).map(this::await))
        .filter(building -> join(building.build(), urgency));
  }

  private boolean join(UUID build, Priority urgency) {
    Reader reader = Reader.current();
    return interests.join(build, interests.wish(reader, urgency), reader);
  }

  /** Makes a build go on when its readers leave, unless the one who asks says otherwise. */
  void keep(UUID build) {
    Reader reader = Reader.current();
    interests.join(build, interests.wish(reader, Priority.BACKGROUND), reader);
  }

  private Building await(Live found) {
    if (found.remembered()) {
      throw BuildRecorder.failed(live.ended(List.of(found.build())).getFirst().build());
    }
    return waiters.await(found.build(), found.derivation());
  }

  /**
   * Queues what has to be built, and is not yet.
   *
   * @param urgency if the reader does not say otherwise
   * @return the build of {@code wanted}, which is one of the plan's steps; empty if the plan is out of date
   * @throws RealiseException.BuildFailed one of the steps failed not long ago
   */
  Optional<Building> submit(Plan plan, StorePath wanted, Priority urgency) {
    Reader reader = Reader.current();
    Wish wish = interests.wish(reader, urgency);
    return switch (live.submit(orders(plan), wanted, wish)) {
      case Submission.Accepted(UUID build, int queued, boolean fresh) -> {
        if (fresh) {
          interests.submitted(build, wish, reader);
        }
        Building building = waiters.await(build, wanted);
        runner.offer(queued);
        refusals.refuse();
        yield fresh || interests.join(build, wish, reader) ? Optional.of(building) : Optional.empty();
      }
      case Submission.OutOfDate _ -> Optional.empty();
      case Submission.Remembered(var failed) -> throw BuildRecorder.failed(failed);
    };
  }

  /** @return the steps, inputs before what needs them */
  private static List<BuildOrder> orders(Plan plan) {
    Map<StorePathHash, Integer> missing = new HashMap<>();
    Map<StorePathHash, List<Step>> dependents = new HashMap<>();
    Deque<Step> ready = new ArrayDeque<>();
    for (Step step : plan.steps()) {
      missing.put(step.derivation().hash(), step.waitsFor().size());
      step.waitsFor().forEach(input -> dependents.computeIfAbsent(input, _ -> new ArrayList<>()).add(step));
      if (step.waitsFor().isEmpty()) {
        ready.add(step);
      }
    }
    List<Step> sorted = new ArrayList<>();
    while (!ready.isEmpty()) {
      Step step = ready.remove();
      sorted.add(step);
      for (Step dependent : dependents.getOrDefault(step.derivation().hash(), List.of())) {
        if (missing.merge(dependent.derivation().hash(), -1, Integer::sum) == 0) {
          ready.add(dependent);
        }
      }
    }
    return withHeights(sorted);
  }

  private static List<BuildOrder> withHeights(List<Step> sorted) {
    Map<StorePathHash, Integer> heights = new HashMap<>();
    List<BuildOrder> orders = new ArrayList<>();
    for (Step step : sorted.reversed()) {
      int height = heights.getOrDefault(step.derivation().hash(), 0);
      step.waitsFor().forEach(input -> heights.merge(input, height + 1, Math::max));
      orders.add(new BuildOrder(step.derivation(), step.waitsFor(), height));
    }
    Collections.reverse(orders);
    return orders;
  }
}
