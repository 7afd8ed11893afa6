package dev.kiln.build;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The Kilns on one database. Only the database's clock counts. */
public interface Replicas {

  /** @param others how many other replicas hold a lease */
  record Renewal(boolean held, int others) {}

  /** @param offers the words of what its builds may need ({@code BuildNeeds}); empty if it runs none */
  void join(UUID replica, String address, Duration lease, Optional<Set<String>> offers);

  /** Prolongs a lease, unless it has run out. */
  Renewal renew(UUID replica, Duration lease);

  /** The replica begins no more builds. */
  void drain(UUID replica);

  /** Ends a replica's lease at once: it is known to have ended. */
  void leave(UUID replica);
}
