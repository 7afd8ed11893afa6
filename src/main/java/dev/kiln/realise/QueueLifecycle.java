package dev.kiln.realise;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Ends builds when Kiln stops: before the server, which waits for its readers, and before the database, which they use. */
final class QueueLifecycle implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(QueueLifecycle.class);

  /** For builders to be killed and cleaned up after. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final BuildQueue queue;
  private final ExecutorService executor;
  private volatile boolean running;

  QueueLifecycle(BuildQueue queue, ExecutorService executor) {
    this.queue = queue;
    this.executor = executor;
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    queue.stop();
    executor.shutdownNow();
    try {
      if (!executor.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        log.warn("builds did not end within {} s", PATIENCE.toSeconds());
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** The last phase to start is the first to stop. */
  @Override
  public int getPhase() {
    return DEFAULT_PHASE;
  }
}
