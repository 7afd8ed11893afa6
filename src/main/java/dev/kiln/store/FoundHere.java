package dev.kiln.store;

/**
 * What a path leads to without any build.
 *
 * @param staleAt when it must be looked for again, by {@link System#nanoTime}
 */
public record FoundHere(Found found, long staleAt) {

  /** @param now by {@link System#nanoTime} */
  public boolean isStale(long now) {
    return now - staleAt >= 0;
  }
}
