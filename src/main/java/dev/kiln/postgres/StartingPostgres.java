package dev.kiln.postgres;

import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** A PostgreSQL that starts while its owner does something else. */
final class StartingPostgres implements AutoCloseable {

  private final FutureTask<EmbeddedPostgres> start;
  private final Thread thread;

  private StartingPostgres(FutureTask<EmbeddedPostgres> start) {
    this.start = start;
    this.thread = Thread.ofPlatform().daemon().name("postgres-start").start(start);
  }

  /** Begins to start one, as {@link EmbeddedPostgres#start} does, and does not wait. */
  static StartingPostgres in(Path directory, PostgresProperties properties) {
    return new StartingPostgres(new FutureTask<>(() -> EmbeddedPostgres.start(directory, properties)));
  }

  /**
   * Waits until it has started. How long that may take is the start's own to say.
   *
   * @throws PostgresException it did not start; nothing is left running
   */
  EmbeddedPostgres await() {
    try {
      return start.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof PostgresException cause) {
        throw cause;
      }
      throw new IllegalStateException("PostgreSQL was not started", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PostgresException("Interrupted while PostgreSQL started", "Start Kiln again.", e);
    }
  }

  /** Breaks off a start that goes on, and stops a server that runs. */
  @Override
  public void close() {
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (start.state() == FutureTask.State.SUCCESS) {
      start.resultNow().close();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
