package dev.kiln.build;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import dev.kiln.storepath.StorePath;

/** The records of all builds, for people who look into them. */
public interface BuildRecords {

  /**
   * Which builds to list; empty means any.
   *
   * @param name of the derivation, with or without {@code .drv}
   * @param requestedBy what it begins with
   * @param since from when on they were submitted
   * @param until before when they were
   */
  record Filter(Optional<StorePath> derivation, Optional<String> name, Optional<String> state, Optional<UUID> replica,
      Optional<String> requestedBy, Optional<Instant> since, Optional<Instant> until) {}

  /**
   * How the builds of a name went that were submitted on one day (UTC).
   *
   * @param other not ended yet, cancelled, or lost
   * @param median of those that succeeded, from begin to end; empty if none did
   * @param longest of the same
   */
  record Day(LocalDate day, long succeeded, long failed, long other, Optional<Duration> median,
      Optional<Duration> longest) {}

  Optional<BuildRecord> find(UUID id);

  /**
   * @param after the last build of the page before, if any: one that is not on record is followed by none
   * @return at most {@code limit} builds, the newest first
   */
  List<BuildRecord> list(Filter filter, Optional<UUID> after, int limit);

  /** @return the last {@code limit} days on which there were builds of that name, the newest first */
  List<Day> summary(String name, int limit);
}
