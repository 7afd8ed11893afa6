package dev.kiln.build;

import java.time.Instant;
import java.util.Optional;

/** How far a build is. */
public sealed interface BuildState {

  /** It waits for the builds of its inputs. */
  record Waiting() implements BuildState {}

  /** It waits for a free job, on whichever replica. */
  record Queued() implements BuildState {}

  record Running(Instant startedAt) implements BuildState {}

  record Succeeded(Instant startedAt, Instant endedAt) implements BuildState {}

  /** @param startedAt empty if it never ran, for want of an input */
  record Failed(Optional<Instant> startedAt, Instant endedAt, BuildFailure failure) implements BuildState {}

  /** @param startedAt empty if it never ran */
  record Cancelled(Optional<Instant> startedAt, Instant endedAt, String message) implements BuildState {}

  /** Kiln stopped before the build ended, and did not take it up again, as it does now. */
  record Lost(Optional<Instant> startedAt, Instant endedAt) implements BuildState {}
}
