package dev.kiln.check;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Ends checks when Kiln stops, before the server and the database: as builds are ended. */
final class CheckLifecycle implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(CheckLifecycle.class);

  /** For builders to be killed and cleaned up after. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final Checker checker;
  private final ExecutorService executor;
  private volatile boolean running;

  CheckLifecycle(Checker checker, ExecutorService executor) {
    this.checker = checker;
    this.executor = executor;
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    checker.stop();
    executor.shutdownNow();
    try {
      if (!executor.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        log.warn("checks did not end within {} s", PATIENCE.toSeconds());
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
