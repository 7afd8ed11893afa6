package dev.kiln.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** The running server: what it logs goes to Kiln's log, and its standard input is its lifeline. */
final class ServerProcess {

  private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);
  private static final Logger serverLog = LoggerFactory.getLogger("dev.kiln.postgres.server");
  private static final int REMEMBERED_LINES = 30;
  private static final long POLL_MILLIS = 10;

  private final Process process;
  private final Deque<String> lastLines = new ArrayDeque<>();
  private volatile boolean stopping;

  private ServerProcess(Process process) {
    this.process = process;
  }

  static ServerProcess start(Process process) {
    var server = new ServerProcess(process);
    Thread.ofPlatform().daemon().name("postgres-log").start(server::relayLog);
    return server;
  }

  private void relayLog() {
    try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        remember(line);
        serverLog.atLevel(levelOf(line)).log(line);
      }
    } catch (IOException e) {
      log.debug("the log of PostgreSQL ends", e);
    }
    if (!stopping)
      log.error("PostgreSQL has ended unasked; every request that needs the database will fail");
  }

  private Level levelOf(String line) {
    // Its "FATAL: terminating connection" is no news to those who asked for it.
    if (stopping)
      return Level.DEBUG;
    if (line.startsWith("PANIC:"))
      return Level.ERROR;
    return line.startsWith("FATAL:") || line.startsWith("ERROR:") || line.startsWith("WARNING:") ? Level.WARN
        : Level.DEBUG;
  }

  private synchronized void remember(String line) {
    if (lastLines.size() == REMEMBERED_LINES)
      lastLines.removeFirst();
    lastLines.addLast(line);
  }

  private synchronized String lastLines() {
    return String.join("\n", lastLines);
  }

  /**
   * Waits until the server says in its pid file that it takes connections.
   *
   * @throws PostgresException it ended, or took more than {@code limit}
   */
  void awaitReady(Path data, Duration limit) throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    try {
      while (!saysReady(data)) {
        if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS))
          throw failed("ended with status " + process.exitValue());
        if (System.nanoTime() - deadline > 0)
          throw failed("was not ready in " + limit);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PostgresException("Interrupted while PostgreSQL started", "Start Kiln again.", e);
    }
  }

  private PostgresException failed(String what) {
    stopping = true;
    return new PostgresException("PostgreSQL " + what + ". It said:\n" + lastLines(),
        "Remove the cause that PostgreSQL names, " + PostgresException.USE_ANOTHER);
  }

  /** Line 8 of postmaster.pid (PostgreSQL: pidfile.h, LOCK_FILE_LINE_PM_STATUS). */
  private static boolean saysReady(Path data) throws IOException {
    try {
      List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"), StandardCharsets.ISO_8859_1);
      return lines.size() >= 8 && lines.get(7).strip().equals("ready");
    } catch (NoSuchFileException _) {
      return false;
    }
  }

  /** @return whether it has ended within {@code limit} */
  boolean stop(Duration limit) {
    stopping = true;
    try {
      process.outputWriter().close();
    } catch (IOException e) {
      log.debug("the lifeline of PostgreSQL was cut already", e);
    }
    try {
      return process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
