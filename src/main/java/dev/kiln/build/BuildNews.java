package dev.kiln.build;

import java.util.UUID;
import java.util.function.Consumer;

/** What other replicas announce. News may be lost: who must know asks the database, too. */
public interface BuildNews {

  /**
   * Hears of builds that end, until the thread is interrupted.
   *
   * @param heard must be quick
   */
  void listen(Consumer<UUID> heard);
}
