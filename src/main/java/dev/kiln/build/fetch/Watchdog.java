package dev.kiln.build.fetch;

import java.time.Duration;

import org.apache.hc.core5.concurrent.Cancellable;
import org.jspecify.annotations.Nullable;

import dev.kiln.build.BuildException;

/**
 * Breaks a download off when its thread is interrupted, which a socket's reader does not notice by itself, and when its time
 * is over.
 */
final class Watchdog implements AutoCloseable {

  private static final Duration LOOK = Duration.ofMillis(100);

  private final Thread guarded = Thread.currentThread();
  private final Duration limit;
  private final long start = System.nanoTime();
  private final Thread thread;
  private volatile @Nullable Cancellable exchange;

  private Watchdog(Duration limit) {
    this.limit = limit;
    this.thread = Thread.ofVirtual().name("fetch-watchdog").unstarted(this::watch);
  }

  /** Guards the current thread until it is closed. */
  static Watchdog start(Duration limit) {
    Watchdog watchdog = new Watchdog(limit);
    watchdog.thread.start();
    return watchdog;
  }

  /** @param exchange what to break off from now on */
  void guard(Cancellable exchange) {
    this.exchange = exchange;
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(LOOK);
        Cancellable current = exchange;
        if (current != null && (guarded.isInterrupted() || isOver())) {
          // again and again: it may have been about to connect
          current.cancel();
        }
      }
    } catch (InterruptedException _) {
      // closed
    }
  }

  private boolean isOver() {
    return System.nanoTime() - start > limit.toNanos();
  }

  /** @throws BuildException.TimedOut if the time is over */
  void check() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("a download was broken off");
    }
    if (isOver()) {
      throw new BuildException.TimedOut("kiln.fetch.limits.time", limit);
    }
  }

  /** Waits, but not longer than there is time. */
  void pause(Duration pause) throws InterruptedException {
    long left = limit.toNanos() - (System.nanoTime() - start);
    Thread.sleep(Duration.ofNanos(Math.max(0, Math.min(pause.toNanos(), left))));
    check();
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
