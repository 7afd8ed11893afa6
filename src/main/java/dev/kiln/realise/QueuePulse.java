package dev.kiln.realise;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

import dev.kiln.build.Build;
import dev.kiln.build.BuildEnd;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.build.BuildState;
import dev.kiln.build.Claim;
import dev.kiln.build.LiveBuilds;
import dev.kiln.build.LostClaimException;
import dev.kiln.realise.JobResult.Failed;
import dev.kiln.realise.RealiseException.BuildCancelled;

/** What has to be done now and then so that nothing depends on news: of what ended, is queued, or was left behind. */
final class QueuePulse {

  private static final Logger log = LoggerFactory.getLogger(QueuePulse.class);

  private final LiveBuilds live;
  private final BuildWaiters waiters;
  private final BuildRunner runner;
  private final BuildRecorder recorder;
  private final Lease lease;
  private final Interests interests;
  private final Refusals refusals;

  QueuePulse(LiveBuilds live, BuildWaiters waiters, BuildRunner runner, BuildRecorder recorder, Lease lease,
      Interests interests, Refusals refusals) {
    this.live = live;
    this.waiters = waiters;
    this.runner = runner;
    this.recorder = recorder;
    this.lease = lease;
    this.interests = interests;
    this.refusals = refusals;
  }

  /** Prolongs the lease. Called often enough while it lasts. */
  void beat() {
    try {
      if (!lease.renew()) {
        runner.abortAll();
      }
    } catch (DataAccessException | TransactionException | IOException e) {
      log.warn("the lease of this Kiln could not be renewed: {}", e.getMessage());
    } catch (RuntimeException e) {
      // the outermost edge: what went wrong once must not end all beats to come
      log.error("renewal of the lease", e);
    }
  }

  /** Asks the database what this replica was not told. */
  void poll() {
    try {
      tellOfEnds(waiters.awaited());
      compareRunning();
      takeUpAbandoned();
      cancelUnwanted();
      refusals.refuse();
      runner.offer(live.queued(runner.jobs()));
    } catch (DataAccessException | TransactionException e) {
      log.warn("the build queue could not be looked at: {}", e.getMessage());
      log.debug("the build queue could not be looked at", e);
    } catch (RuntimeException e) {
      // the outermost edge: what went wrong once must not end all polls to come
      log.error("poll of the build queue", e);
    }
  }

  /** Another replica says that a build ended, which may be awaited, or even run, here. */
  void hear(UUID build) {
    try {
      if (waiters.isAwaited(build)) {
        tellOfEnds(Set.of(build));
      }
      runner.abort(List.of(build));
    } catch (DataAccessException | TransactionException e) {
      log.debug("build {} ended; the next poll looks after it", build, e);
    }
  }

  private void tellOfEnds(Set<UUID> builds) {
    if (!builds.isEmpty()) {
      live.ended(builds).forEach(end -> waiters.end(List.of(end.build().id()), reason(end)));
    }
  }

  private static Optional<RealiseException> reason(BuildEnd end) {
    Build root = end.root().orElse(end.build());
    return switch (root.state()) {
      case BuildState.Succeeded _ -> Optional.empty();
      case BuildState.Failed _ -> Optional.of(BuildRecorder.failed(root));
      case BuildState.Cancelled _ -> Optional.of(new BuildCancelled(root.id(), root.derivation()));
      case BuildState.Lost _,BuildState.Waiting _,BuildState.Queued _,BuildState.Running _ ->
        throw new IllegalStateException("build " + root.id() + " has not ended as builds do: " + root.state());
    };
  }

  /** Ends what runs here and should not, and gives back what should run here and does not. */
  private void compareRunning() {
    UUID replica = lease.replica();
    // asked before: a claim that comes later is in neither, or in both
    Optional<List<Claim>> before = runner.running();
    List<Claim> recorded = live.runningOn(replica);
    Optional<List<Claim>> after = runner.running();
    if (before.isEmpty() || after.isEmpty()) {
      return;
    }
    Map<UUID, Claim> there = new HashMap<>();
    recorded.forEach(claim -> there.put(claim.build(), claim));
    runner.abort(before.get().stream().filter(claim -> after.get().contains(claim))
        .filter(claim -> !claim.equals(there.get(claim.build()))).map(Claim::build).toList());
    Set<Claim> here = new HashSet<>(before.get());
    here.addAll(after.get());
    for (Claim claim : recorded) {
      if (!here.contains(claim)) {
        log.warn("build {} of {} does not run here, though the database has it so", claim.build(), claim.derivation());
        giveBack(claim);
      }
    }
  }

  /** Queues again what ran here, for another replica or the next start. */
  void giveBackAll() {
    live.runningOn(lease.replica()).forEach(this::giveBack);
  }

  private void giveBack(Claim claim) {
    try {
      live.giveBack(claim, Duration.ZERO, false);
    } catch (LostClaimException e) {
      log.debug("{}", e.getMessage());
    }
  }

  private void cancelUnwanted() {
    interests.tell(waiters.awaited());
    runner.cancelled(recorder.cancelAbandoned(interests, !lease.isAlone()));
  }

  private void takeUpAbandoned() {
    for (Claim claim : live.abandoned()) {
      log.warn("build {} of {} was left behind by replica {}", claim.build(), claim.derivation(), claim.replica());
      BuildFailure lost = new BuildFailure(Kind.MACHINE_FAILED, "the replica that ran it was lost", OptionalInt.empty(),
          Optional.empty());
      try {
        runner.tell(recorder.record(claim, new Failed(lost), !lease.isAlone()));
      } catch (LostClaimException e) {
        log.debug("another replica was faster: {}", e.getMessage());
      }
    }
  }
}
