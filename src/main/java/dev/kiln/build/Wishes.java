package dev.kiln.build;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/** Who wants the builds that have not ended. Each call is a transaction. */
public interface Wishes {

  /**
   * Wants a build that is live for others already, and with it all that it waits for: they become as urgent as {@code wish} is, and are
   * kept if it says so.
   *
   * @return false if the build has ended
   */
  boolean want(UUID build, Wish wish);

  /** Wants again, in the name of {@code replica}, what its readers still wait for. */
  void renew(UUID replica, Collection<UUID> builds);

  /**
   * The last reader on {@code replica} has left.
   *
   * @param grace how long one may come back
   */
  void leave(UUID replica, Collection<UUID> builds, Duration grace);

  /**
   * Cancels what nobody wants any more, directly or for a build that somebody wants, and what is not kept.
   *
   * @param grace how long readers may come back whose replica died
   * @return the builds that ended
   */
  List<UUID> cancelAbandoned(Duration grace);
}
