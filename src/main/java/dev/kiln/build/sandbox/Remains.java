package dev.kiln.build.sandbox;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clears away what builds leave, last things first: of a build that went well after its result is told, so that nobody waits for it;
 * of others at once.
 */
final class Remains implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(Remains.class);
  /** Builds whose remains may wait: who makes more clears its own away. */
  private static final int MAX_WAITING = 32;

  private final Semaphore room = new Semaphore(MAX_WAITING);
  private final ExecutorService cleaner = Executors
      .newSingleThreadExecutor(Thread.ofPlatform().name("build-cleaner").daemon().factory());

  /** What one build leaves. */
  final class Heap implements Closeable {

    private final Deque<Closeable> things = new ArrayDeque<>();
    private boolean later;

    <T extends Closeable> T add(T thing) {
      things.push(thing);
      return thing;
    }

    /** Closing this does not wait until it is cleared away. */
    void clearLater() {
      later = true;
    }

    @Override
    public void close() throws IOException {
      if (!later || !room.tryAcquire()) {
        clear();
        return;
      }
      try {
        cleaner.execute(this::clearNow);
      } catch (RejectedExecutionException _) {
        // Kiln stops
        clearNow();
      }
    }

    private void clearNow() {
      try {
        clear();
      } catch (IOException e) {
        log.error("what a build left is not cleared away; the next start will", e);
      } finally {
        room.release();
      }
    }

    private void clear() throws IOException {
      IOException failed = null;
      for (Closeable thing = things.poll(); thing != null; thing = things.poll()) {
        try {
          thing.close();
        } catch (IOException e) {
          failed = failed == null ? e : failed;
        }
      }
      if (failed != null) {
        throw failed;
      }
    }
  }

  Heap heap() {
    return new Heap();
  }

  /** Waits until nothing waits to be cleared away. */
  void await() {
    room.acquireUninterruptibly(MAX_WAITING);
    room.release(MAX_WAITING);
  }

  /** Clears away what waits. */
  @Override
  public void close() {
    cleaner.close();
  }
}
