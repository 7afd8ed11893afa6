package dev.kiln.realise;

import java.util.Optional;
import java.util.UUID;

import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.stereotype.Service;

import dev.kiln.build.Build;
import dev.kiln.build.BuildState;
import dev.kiln.build.Builds;
import dev.kiln.build.LiveBuilds;
import dev.kiln.realise.BuildRecorder.Recorded;
import dev.kiln.realise.Realisation.Building;

/** What people may do about builds, wherever they run. */
@Service
public class BuildControl {

  private static final int TRIES = 5;

  private final Builds builds;
  private final LiveBuilds live;
  private final BuildRecorder recorder;
  private final BuildWaiters waiters;
  private final BuildRunner runner;
  private final Lease lease;
  private final Realiser realiser;

  BuildControl(Builds builds, LiveBuilds live, BuildRecorder recorder, BuildWaiters waiters, BuildRunner runner,
      Lease lease, Realiser realiser) {
    this.builds = builds;
    this.live = live;
    this.recorder = recorder;
    this.waiters = waiters;
    this.runner = runner;
    this.lease = lease;
    this.realiser = realiser;
  }

  public Optional<Build> find(UUID build) {
    return builds.find(build);
  }

  /**
   * Ends a build, and all that wait for it. Where it runs, its processes are killed at once.
   *
   * @return false if it had ended before, but not by this
   */
  public boolean cancel(Build build) {
    Recorded recorded = end(build);
    waiters.end(recorded.ended(), recorded.reason());
    runner.abort(recorded.ended());
    return !recorded.ended().isEmpty()
        || builds.find(build.id()).filter(now -> now.state() instanceof BuildState.Cancelled).isPresent();
  }

  /** Once more where another replica ends builds that wait for the same. */
  private Recorded end(Build build) {
    for (int attempt = 1;; attempt++) {
      try {
        return recorder.cancel(build, !lease.isAlone());
      } catch (PessimisticLockingFailureException e) {
        if (attempt == TRIES) {
          throw e;
        }
      }
    }
  }

  /**
   * Builds a derivation whose build failed, or was cancelled, anew, and what it failed for. Does not wait for it.
   *
   * @return the build; empty if there is nothing to build any more
   * @throws RealiseException it cannot be built
   */
  public Optional<UUID> retry(Build build) {
    live.forget(build.id());
    return realiser.build(build.derivation()).map(Building::build);
  }
}
