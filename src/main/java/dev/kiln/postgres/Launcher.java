package dev.kiln.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * Starts PostgreSQL's programs so that they end when Kiln ends (see {@code lifeline.sh}), under an account that they
 * accept.
 *
 * @param home the working directory of the programs
 * @param otherAccount whether they must not see the account that Kiln runs as
 */
record Launcher(Path home, boolean otherAccount) {

  private static final int LONGEST_OUTPUT = 1 << 16;

  /**
   * PostgreSQL refuses user 0, and initdb wants a name for the user it runs as. In a user namespace without a mapping
   * every user is the overflow user, nobody, while the kernel goes on checking files against the real one.
   */
  static Launcher forThisAccount(Path home) {
    try {
      int user = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      boolean nameless = "?".equals(System.getProperty("user.name"));
      return new Launcher(home, user == 0 || nameless);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Starts a program whose standard output carries both of its streams. Closing its standard input stops it.
   *
   * @param environment all that it sees beside PATH and a locale of plain bytes
   */
  Process start(List<String> command, Map<String, String> environment) throws IOException {
    var line = new ArrayList<>(List.of("setsid"));
    if (otherAccount)
      line.addAll(List.of("unshare", "-U", "--"));
    line.addAll(List.of("/bin/sh", "-c", lifeline(), "kiln-postgres"));
    line.addAll(command);
    var builder = new ProcessBuilder(line).directory(home.toFile()).redirectErrorStream(true);
    // PGDATA, PGPORT and the like in Kiln's environment are meant for other servers.
    String path = builder.environment().getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
    builder.environment().clear();
    builder.environment().putAll(Map.of("PATH", path, "LC_ALL", "C"));
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static String lifeline() throws IOException {
    try (InputStream script = Launcher.class.getResourceAsStream("lifeline.sh")) {
      if (script == null)
        throw new IOException("lifeline.sh is missing from Kiln's jar");
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The outcome of a program that has ended; {@code output} is at most the first 64 KiB of what it wrote. */
  record Outcome(int status, String output) {}

  /**
   * Runs a program to its end.
   *
   * @throws PostgresException it could not be started, or did not end in {@code limit}
   */
  Outcome run(List<String> command, Duration limit) {
    try {
      Process process = start(command, Map.of());
      try {
        return awaitEnd(process, command.getFirst(), limit);
      } finally {
        // The lifeline: what still runs, after a timeout or an interrupt, is told to stop.
        process.outputWriter().close();
      }
    } catch (IOException e) {
      throw new PostgresException("PostgreSQL cannot be started: " + e.getMessage(),
          "Install util-linux (setsid, unshare), " + PostgresException.USE_ANOTHER, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PostgresException("Interrupted while " + command.getFirst() + " ran", "Start Kiln again.", e);
    }
  }

  private static Outcome awaitEnd(Process process, String program, Duration limit) throws InterruptedException {
    var output = new FutureTask<>(() -> collect(process));
    Thread.ofVirtual().start(output);
    if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new PostgresException(program + " took more than " + limit,
          "Set kiln.postgres.start-timeout to more, " + PostgresException.USE_ANOTHER);
    }
    try {
      return new Outcome(process.exitValue(), output.get().strip());
    } catch (ExecutionException e) {
      return new Outcome(process.exitValue(), String.valueOf(e.getCause()));
    }
  }

  private static String collect(Process process) throws IOException {
    var output = new StringBuilder();
    try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (output.length() < LONGEST_OUTPUT)
          output.append(line).append('\n');
      }
    }
    return output.toString();
  }
}
