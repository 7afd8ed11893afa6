package dev.kiln.build.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

import org.jspecify.annotations.Nullable;

import dev.kiln.posix.Pty;

/**
 * Carries what a builder prints from its terminal to the log, on a thread of its own, and keeps count. What is beyond the
 * limit is dropped, so that a builder never waits for anybody to read.
 */
final class BuildLog implements AutoCloseable {

  private static final int BUFFER = 16 * 1024;

  private final Pty terminal;
  private final OutputStream out;
  private final long limit;
  private final Thread thread;
  private volatile long size;
  private volatile long lastNanos = System.nanoTime();
  private volatile @Nullable IOException failure;

  /** @param limit in bytes */
  BuildLog(OutputStream out, long limit) throws IOException {
    this.out = out;
    this.limit = limit;
    this.terminal = Pty.open();
    this.thread = Thread.ofPlatform().name("build-log").daemon().unstarted(this::carry);
    thread.start();
  }

  Pty terminal() {
    return terminal;
  }

  boolean isOverLimit() {
    return size > limit;
  }

  long silentNanos() {
    return System.nanoTime() - lastNanos;
  }

  /** Waits until all that was printed is in the log. Call it when nobody has the terminal any more. */
  void drain() throws IOException, InterruptedException {
    thread.join();
    IOException failed = failure;
    if (failed != null) {
      throw failed;
    }
  }

  /** Carries nothing more. */
  @Override
  public void close() throws IOException {
    terminal.close();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        // The caller's stream must not be written to after this returns
        thread.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void carry() {
    byte[] buffer = new byte[BUFFER];
    long carried = 0;
    try (InputStream in = terminal.output()) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        lastNanos = System.nanoTime();
        if (failure == null && carried < limit) {
          pass(buffer, (int) Math.min(read, limit - carried));
        }
        carried += read;
        size = carried;
      }
    } catch (IOException e) {
      failure = e;
    }
  }

  /** A log that cannot be written fails the build, but later: the terminal is read on, so that the builder can be ended. */
  private void pass(byte[] buffer, int length) {
    try {
      out.write(buffer, 0, length);
      out.flush();
    } catch (IOException e) {
      failure = e;
    }
  }
}
