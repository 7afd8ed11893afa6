package dev.kiln.check;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import dev.kiln.build.BuildFailure;

/** How far a check is. */
public sealed interface CheckState {

  /** It waits until others are done. */
  record Queued() implements CheckState {}

  record Running(Instant startedAt) implements CheckState {}

  /** @param outputs by name: all of the derivation's */
  record Compared(Instant startedAt, Instant endedAt, List<OutputComparison> outputs) implements CheckState {

    public Compared { outputs = List.copyOf(outputs); }

    public boolean identical() {
      return outputs.stream().allMatch(OutputComparison::identical);
    }
  }

  /** What was built once could not be built again. */
  record Failed(Instant startedAt, Instant endedAt, BuildFailure failure) implements CheckState {}

  /** Kiln stopped before the check ended. */
  record Lost(Optional<Instant> startedAt, Instant endedAt) implements CheckState {}
}
