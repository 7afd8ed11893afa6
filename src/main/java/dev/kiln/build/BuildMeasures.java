package dev.kiln.build;

import java.time.Duration;
import java.util.Optional;

/**
 * What a build took.
 *
 * @param use of its processes
 * @param ingest from the builder's end until its outputs were durable; empty if nothing was run
 */
public record BuildMeasures(ResourceUse use, Optional<Duration> ingest) {

  /** Of a build that was not measured, or for which nothing was run. */
  public static final BuildMeasures NONE = new BuildMeasures(ResourceUse.UNKNOWN, Optional.empty());
}
