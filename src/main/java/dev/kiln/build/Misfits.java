package dev.kiln.build;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import dev.kiln.storepath.StorePath;

/** Builds that no Kiln can run. */
public interface Misfits {

  /** @param lastSeen the replica that could, but is gone; empty if there never was one, or it is forgotten */
  record Misfit(UUID build, StorePath derivation, Optional<LastSeen> lastSeen) {}

  /** @param until when its lease ran out */
  record LastSeen(String address, Instant until) {}

  /**
   * Finds builds that wait and need what no replica offers: one for each need, and none that waits for another of the same need.
   *
   * @param absence how long a replica is waited for that is gone
   */
  List<Misfit> find(Duration absence);

  /** Fails a build that was found, and all that wait for it. @return the builds that ended; none if it has begun, or ended */
  List<UUID> refuse(UUID build, BuildFailure failure);
}
