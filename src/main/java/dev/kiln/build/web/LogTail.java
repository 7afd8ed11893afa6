package dev.kiln.build.web;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

import dev.kiln.build.BuildLogs;
import dev.kiln.build.StoredLog;
import dev.kiln.build.web.LogLines.Piece;

/** Where one who follows a log is in it. */
final class LogTail implements Closeable {

  private static final int RETRY_MILLIS = 1_000;

  private final BuildLogs logs;
  private final UUID build;
  private final OutputStream out;
  private Optional<LogPosition> from;
  private LogEvents events;
  private @Nullable StoredLog log;
  private @Nullable LogLines lines;

  LogTail(BuildLogs logs, UUID build, Optional<LogPosition> from, OutputStream out) throws IOException {
    this.logs = logs;
    this.build = build;
    this.from = from;
    this.out = out;
    this.events = new LogEvents(out, 1);
    events.retry(RETRY_MILLIS);
    events.flush();
  }

  /**
   * Tells what there is that was not told.
   *
   * @param all also what is no whole line yet, and a new attempt
   * @return whether there was anything
   */
  boolean tell(boolean all) throws IOException {
    boolean moved = tellWhatIsThere(all);
    if ((all || log == null) && logs.lastAttempt(build) > (log == null ? -1 : log.attempt())) {
      open();
      moved |= tellWhatIsThere(all);
    }
    if (moved) {
      events.flush();
    }
    return moved;
  }

  private boolean tellWhatIsThere(boolean all) throws IOException {
    StoredLog open = log;
    LogLines cutter = lines;
    if (open == null || cutter == null) {
      return false;
    }
    boolean moved = false;
    for (Piece piece = cutter.next(open, all); piece != null; piece = cutter.next(open, all)) {
      events.add(piece);
      moved = true;
    }
    return moved;
  }

  private void open() throws IOException {
    Optional<StoredLog> found = logs.open(build);
    if (found.isEmpty()) {
      return;
    }
    boolean other = log != null;
    close();
    StoredLog open = found.get();
    log = open;
    events.flush();
    events = new LogEvents(out, open.attempt());
    long position = 0;
    if (from.isPresent()) {
      LogPosition last = from.get();
      other = last.attempt() != open.attempt() || last.offset() > open.size();
      position = other ? 0 : last.offset();
      from = Optional.empty();
    }
    lines = new LogLines(open, position);
    if (other) {
      events.restart();
    }
  }

  void keepAlive() throws IOException {
    events.keepAlive();
    events.flush();
  }

  /** @param state of the build, which has ended */
  void end(String state) throws IOException {
    events.end(state, log == null ? 0 : log.size());
    events.flush();
  }

  @Override
  public void close() throws IOException {
    if (log != null) {
      log.close();
    }
  }
}
