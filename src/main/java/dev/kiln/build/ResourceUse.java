package dev.kiln.build;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the processes of a build used together, as far as it was measured. Without a cgroup it is what was seen now and then: at
 * most what was really used, and nothing of a build that was over at once.
 *
 * @param processorTime of all processors
 * @param peakMemory in bytes
 */
public record ResourceUse(Optional<Duration> processorTime, OptionalLong peakMemory) {

  public static final ResourceUse UNKNOWN = new ResourceUse(Optional.empty(), OptionalLong.empty());
}
