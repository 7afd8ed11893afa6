package dev.kiln.build;

import java.time.Instant;
import java.util.Optional;

/** How far a build is. */
public sealed interface BuildState {

  /** It waits for its inputs, or for a free job. */
  record Queued() implements BuildState {}

  record Running(Instant startedAt) implements BuildState {}

  record Succeeded(Instant startedAt, Instant endedAt) implements BuildState {}

  /** @param startedAt empty if it never ran, for want of an input */
  record Failed(Optional<Instant> startedAt, Instant endedAt, BuildFailure failure) implements BuildState {}

  /** Kiln stopped before the build ended. */
  record Lost(Optional<Instant> startedAt, Instant endedAt) implements BuildState {}
}
