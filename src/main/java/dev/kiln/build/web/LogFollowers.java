package dev.kiln.build.web;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

import dev.kiln.build.Build;
import dev.kiln.build.BuildLogs;
import dev.kiln.build.Builds;
import dev.kiln.build.web.BuildView.FailureView;

/** Those who follow logs while they grow, on whichever replica the builds run. */
@Component
class LogFollowers implements SmartLifecycle {

  /** How long a build's record is taken for what it was, by all who follow it together. */
  private static final Duration STALE = Duration.ofMillis(500);
  /** Bytes of the heap, about: the messages of failures are as long as they are. */
  private static final long MAX_REMEMBERED = 1 << 20;
  private static final int VIEW_BYTES = 700;

  private final Builds builds;
  private final BuildLogs logs;
  private final Cache<UUID, Optional<BuildView>> views = Caffeine.newBuilder().expireAfterWrite(STALE)
      .maximumWeight(MAX_REMEMBERED).weigher((UUID id, Optional<BuildView> view) -> bytes(view)).build();
  private volatile boolean running;

  LogFollowers(Builds builds, BuildLogs logs) {
    this.builds = builds;
    this.logs = logs;
  }

  /**
   * Tells a log to its end, or until Kiln stops: then who listens comes back, and is told the rest by another.
   *
   * @param from where who listens was before, if ever
   * @throws IOException the client is gone, or the log cannot be read
   */
  void follow(UUID build, Optional<LogPosition> from, OutputStream out) throws IOException {
    try (LogTail tail = new LogTail(logs, build, from, out)) {
      Pace pace = new Pace();
      while (running) {
        // asked before the log is read: what is there when a build has ended is all
        BuildView view = view(build);
        boolean ended = view == null || view.endedAt() != null;
        boolean moved = tail.tell(ended || pace.isIdle());
        if (ended) {
          tail.end(view == null ? "lost" : view.state());
          return;
        }
        if (pace.isSilent(moved)) {
          tail.keepAlive();
        }
        pace.rest(moved);
      }
    }
  }

  private static int bytes(Optional<BuildView> view) {
    FailureView failure = view.map(BuildView::failure).orElse(null);
    return VIEW_BYTES + (failure == null ? 0 : Character.BYTES * failure.message().length());
  }

  private @Nullable BuildView view(UUID build) {
    return views.get(build, id -> builds.find(id).map((Build found) -> BuildView.of(found))).orElse(null);
  }

  /** How often to look. */
  private static final class Pace {
    private static final long SHORTEST_MILLIS = 50;
    private static final long LONGEST_MILLIS = 500;
    /** After so long, what is no whole line yet is told. */
    private static final long IDLE_MILLIS = 1_000;
    private static final long SILENT_NANOS = Duration.ofSeconds(10).toNanos();

    private long millis = SHORTEST_MILLIS;
    private long restedMillis;
    private long lastSign = System.nanoTime();

    boolean isIdle() {
      return restedMillis >= IDLE_MILLIS;
    }

    boolean isSilent(boolean moved) {
      boolean silent = !moved && System.nanoTime() - lastSign > SILENT_NANOS;
      if (moved || silent) {
        lastSign = System.nanoTime();
      }
      return silent;
    }

    void rest(boolean moved) throws IOException {
      millis = moved ? SHORTEST_MILLIS : Math.min(LONGEST_MILLIS, millis * 3 / 2);
      restedMillis = moved ? 0 : restedMillis + millis;
      try {
        Thread.sleep(millis);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("Kiln is stopping");
      }
    }
  }

  @Override
  public void start() {
    running = true;
  }

  /** Before the server, which waits for its readers. */
  @Override
  public void stop() {
    running = false;
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}
