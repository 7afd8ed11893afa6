package dev.kiln.build;

import java.util.Optional;
import java.util.UUID;

/**
 * How somebody wants builds.
 *
 * @param requestedBy who asks, for people to read; what one asks for is begun in turn with what others ask for
 * @param replica whose readers wait: when they have left, and nobody else wants them, the builds may be cancelled. Empty if they
 *     are to go on in any case
 */
public record Wish(String requestedBy, Priority priority, Optional<UUID> replica) {

  /** @return whether the builds go on in any case */
  public boolean isKept() {
    return replica.isEmpty();
  }

  /** @return the same for the same {@code requestedBy}, on every replica */
  public int requester() {
    return requestedBy.hashCode();
  }
}
