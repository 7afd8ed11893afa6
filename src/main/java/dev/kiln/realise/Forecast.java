package dev.kiln.realise;

import java.time.Duration;
import java.util.Optional;

/**
 * What a read of a derivation's outputs would do.
 *
 * @param plan without steps if the outputs are here
 * @param time empty if nothing like it was ever built here
 */
public record Forecast(Plan plan, Optional<Estimate> time) {

  /**
   * How long it would take, by what builds of the same names took before.
   *
   * @param elapsed with so many jobs at a time, if they had nothing else to do
   * @param longestChain with any number of jobs
   * @param work of all builds together
   * @param known how many of the builds are of names that were built before; the others are taken to be like these
   */
  public record Estimate(Duration elapsed, Duration longestChain, Duration work, int jobs, int known) {}
}
