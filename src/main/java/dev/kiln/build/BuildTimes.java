package dev.kiln.build;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;

/** How long builds took that succeeded here. */
public interface BuildTimes {

  /**
   * @param names of derivations, as {@code hello-2.12.1.drv}; any number at once
   * @return the median of the last few builds, for those that were built
   */
  Map<String, Duration> medians(Collection<String> names);
}
