package dev.kiln.realise;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import dev.kiln.build.Build;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.build.BuildLogs;
import dev.kiln.build.BuildState;
import dev.kiln.build.Claim;
import dev.kiln.build.LiveBuilds;
import dev.kiln.build.Misfits;
import dev.kiln.build.Misfits.Misfit;
import dev.kiln.build.Submission;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.realisation.RealisedOutputs;
import dev.kiln.realise.JobResult.Built;
import dev.kiln.realise.RealiseException.BuildCancelled;
import dev.kiln.realise.RealiseException.BuildFailed;
import dev.kiln.storepath.StorePath;

/** Writes down how builds go. */
@Component
class BuildRecorder {

  private static final Logger log = LoggerFactory.getLogger(BuildRecorder.class);

  /** What failed to fetch something may find it a moment later: it is not held against a derivation for long. */
  private static final Duration FETCH_FAILURE_MEMORY = Duration.ofMinutes(1);
  private static final int MAX_DOUBLINGS = 6;

  private final LiveBuilds live;
  private final Misfits misfits;
  private final BuildLogs logs;
  private final PathInfos pathInfos;
  private final RealisedOutputs realisedOutputs;
  private final Derivations derivations;
  private final QueueProperties properties;
  private final TransactionTemplate transaction;

  BuildRecorder(LiveBuilds live, Misfits misfits, BuildLogs logs, PathInfos pathInfos, RealisedOutputs realisedOutputs,
      Derivations derivations, QueueProperties properties, PlatformTransactionManager transactions) {
    this.live = live;
    this.misfits = misfits;
    this.logs = logs;
    this.pathInfos = pathInfos;
    this.realisedOutputs = realisedOutputs;
    this.derivations = derivations;
    this.properties = properties;
    this.transaction = new TransactionTemplate(transactions);
  }

  /**
   * What is on record now.
   *
   * @param ended builds, for one reason
   * @param reason why they have no result
   * @param queued builds that can begin now
   */
  record Recorded(List<UUID> ended, Optional<RealiseException> reason, int queued) {
    static final Recorded NOTHING = new Recorded(List.of(), Optional.empty(), 0);
  }

  /** @param announce whether other replicas are to be told */
  Recorded record(Claim claim, JobResult result, boolean announce) {
    return switch (result) {
      case Built built -> succeed(claim, built, announce);
      case JobResult.NeedsFirst(StorePath first) -> waitFor(claim, first, announce);
      case JobResult.Failed(BuildFailure failure) -> fail(claim, failure, announce);
    };
  }

  /** Registers the outputs together with the success, so that no crash can tear them apart. */
  private Recorded succeed(Claim claim, Built built, boolean announce) {
    long size = logSize(claim.build());
    List<UUID> ended = List.of(claim.build());
    Integer queued = transaction.execute(_ -> {
      int released = live.succeed(claim, size, built.measures());
      pathInfos.register(built.outputs());
      built.realised().forEach(realisedOutputs::register);
      announce(ended, announce);
      return released;
    });
    return new Recorded(ended, Optional.empty(), queued == null ? 0 : queued);
  }

  private Recorded waitFor(Claim claim, StorePath first, boolean announce) {
    return switch (live.waitFor(claim, first)) {
      case Submission.Accepted(_, int queued, _) -> new Recorded(List.of(), Optional.empty(), queued);
      case Submission.Remembered(Build failed) -> fail(claim, inputFailed(failed), failed(failed), announce);
      case Submission.OutOfDate _ -> throw new IllegalStateException("one build cannot be overtaken");
    };
  }

  private static BuildFailure inputFailed(Build root) {
    return new BuildFailure(Kind.INPUT_FAILED,
        "it needs '" + root.derivation() + "', whose build failed: " + failed(root).failure().message(),
        OptionalInt.empty(), Optional.of(root.id()));
  }

  private Recorded fail(Claim claim, BuildFailure failure, boolean announce) {
    if (failure.kind().isMachines() && claim.attempt() < properties.attempts()) {
      Duration delay = properties.retryDelay().multipliedBy(1L << Math.min(claim.attempt() - 1, MAX_DOUBLINGS));
      log.warn("build {} of {} is tried again in {}: {}", claim.build(), claim.derivation(), delay, failure.message());
      live.giveBack(claim, delay, true);
      return Recorded.NOTHING;
    }
    return fail(claim, failure, new BuildFailed(claim.build(), claim.derivation(), failure), announce);
  }

  private Recorded fail(Claim claim, BuildFailure failure, RealiseException reason, boolean announce) {
    long size = logSize(claim.build());
    Duration memory = memory(claim.derivation(), failure.kind());
    List<UUID> ended = transaction.execute(_ -> {
      List<UUID> builds = live.fail(claim, failure, size, memory);
      announce(builds, announce);
      return builds;
    });
    return new Recorded(ended == null ? List.of() : ended, Optional.of(reason), 0);
  }

  private Duration memory(StorePath derivation, Kind kind) {
    if (!kind.isRemembered()) {
      return Duration.ZERO;
    }
    Duration memory = properties.failureMemory();
    boolean fetches = derivations.find(derivation.hash()).map(KnownDerivation::derivation)
        .filter(known -> known.isFixedOutput()).isPresent();
    return fetches && memory.compareTo(FETCH_FAILURE_MEMORY) > 0 ? FETCH_FAILURE_MEMORY : memory;
  }

  /** Cancels what nobody wants any more. @return the builds that ended */
  List<UUID> cancelAbandoned(Interests interests, boolean announce) {
    List<UUID> ended = interests.cancelAbandoned();
    if (!ended.isEmpty()) {
      log.info("builds that nobody waits for any more were cancelled: {}", ended);
      announce(ended, announce);
    }
    return ended;
  }

  /** Fails a build that nobody can run, and all that wait for it. */
  Recorded refuse(Misfit misfit, BuildFailure failure, boolean announce) {
    List<UUID> ended = transaction.execute(_ -> {
      List<UUID> builds = misfits.refuse(misfit.build(), failure);
      announce(builds, announce);
      return builds;
    });
    return new Recorded(ended == null ? List.of() : ended,
        Optional.of(new BuildFailed(misfit.build(), misfit.derivation(), failure)), 0);
  }

  /** Ends a build that has not ended, and all that wait for it. */
  Recorded cancel(Build build, boolean announce) {
    List<UUID> ended = transaction.execute(_ -> {
      List<UUID> builds = live.cancel(build.id(), "it was cancelled");
      announce(builds, announce);
      return builds;
    });
    return new Recorded(ended == null ? List.of() : ended,
        Optional.of(new BuildCancelled(build.id(), build.derivation())), 0);
  }

  private void announce(Collection<UUID> builds, boolean announce) {
    if (announce) {
      live.announce(builds);
    }
  }

  /** @param failed one that has failed by itself */
  static BuildFailed failed(Build failed) {
    if (failed.state() instanceof BuildState.Failed(_, _, BuildFailure failure)) {
      return new BuildFailed(failed.id(), failed.derivation(), failure);
    }
    throw new IllegalStateException("build " + failed.id() + " has not failed");
  }

  private long logSize(UUID build) {
    try {
      return logs.size(build);
    } catch (IOException e) {
      log.error("log of build {}", build, e);
      return 0;
    }
  }
}
