package dev.kiln.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** PostgreSQL's data directory (a "cluster" in its words), brought to where a server can be started on it. */
final class PostgresCluster {

  static final String SUPERUSER = "kiln";

  private static final Logger log = LoggerFactory.getLogger(PostgresCluster.class);
  private static final String UNFINISHED = "unfinished-data-";
  private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) ([0-9]+)(\\.[0-9]+)?");

  private final Path data;
  private final PostgresBinaries binaries;
  private final Launcher launcher;
  private final Duration limit;

  private PostgresCluster(Path data, PostgresBinaries binaries, Launcher launcher, Duration limit) {
    this.data = data;
    this.binaries = binaries;
    this.launcher = launcher;
    this.limit = limit;
  }

  /**
   * Creates the cluster if it is missing, stops a server that an earlier Kiln may have left on it, and removes the pid
   * file of one that is gone.
   *
   * @param directory holds the cluster as {@code data}
   * @return the cluster's directory, on which no server runs
   */
  static Path prepare(Path directory, PostgresBinaries binaries, Launcher launcher, Duration limit) {
    var cluster = new PostgresCluster(directory.resolve("data"), binaries, launcher, limit);
    try {
      String version = cluster.programVersion();
      cluster.createIfMissing(directory);
      cluster.checkVersion(version);
      cluster.stopOrphan();
      return cluster.data;
    } catch (IOException e) {
      throw new PostgresException("PostgreSQL's data directory " + cluster.data + " cannot be used: " + e,
          "Make it readable and writable for the user '" + System.getProperty("user.name") + "', "
              + PostgresException.USE_ANOTHER,
          e);
    }
  }

  /** Also the first time that a program runs: what keeps them from running at all shows here. */
  private String programVersion() {
    var outcome = launcher.run(List.of(binaries.program("postgres").toString(), "--version"), limit);
    Matcher matcher = VERSION.matcher(outcome.output());
    if (outcome.status() == 0 && matcher.find())
      return matcher.group(1);
    throw new PostgresException(
        "PostgreSQL cannot be run (status " + outcome.status() + "): " + outcome.output(),
        helpFor(outcome.output()) + " " + PostgresException.USE_ANOTHER);
  }

  private String helpFor(String output) {
    if (output.contains("unshare")) {
      return "PostgreSQL does not run as root, and this machine lets root make no user namespace to hide in. "
          + "Run Kiln as an ordinary user,";
    }
    if (output.contains("Permission denied") && launcher.otherAccount()) {
      return "PostgreSQL runs without root's privileges: every directory above " + data.getParent()
          + " must let user 0 pass by its own mode, and the file system must not be mounted noexec. Set kiln.data-dir to "
          + "such a place,";
    }
    if (output.contains("Permission denied")) {
      return "Programs must be allowed to run from " + data.getParent() + " (is it mounted noexec?),";
    }
    return "The bundled programs need glibc and libstdc++. Install them,";
  }

  private void createIfMissing(Path directory) throws IOException {
    removeUnfinished(directory);
    if (Files.exists(data))
      return;
    requireOrdinaryName(directory);
    Path unfinished = Files.createTempDirectory(directory, UNFINISHED);
    // The builtin locale provider: sorting does not depend on the machine, nor change with its libraries.
    var outcome = launcher.run(
        List.of(binaries.program("initdb").toString(), "-D", unfinished.toString(), "-U", SUPERUSER,
            "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8", "--no-instructions"),
        limit);
    if (outcome.status() != 0) {
      Directories.delete(unfinished);
      throw new PostgresException("PostgreSQL's data directory cannot be created in " + directory + " (initdb: status "
          + outcome.status() + "):\n" + outcome.output(),
          "Remove the cause that initdb names, "
              + PostgresException.USE_ANOTHER);
    }
    Files.move(unfinished, data, StandardCopyOption.ATOMIC_MOVE);
    Directories.force(directory);
  }

  /** initdb runs its programs by a shell, in whose double quotes these still mean something. */
  private static void requireOrdinaryName(Path directory) {
    if (directory.toString().chars().anyMatch(each -> "\"$`\\\n\r".indexOf(each) >= 0)) {
      throw new PostgresException(
          "PostgreSQL's data directory cannot be created in '" + directory
              + "', because initdb takes no path with a quotation mark, dollar, backtick, backslash or line break",
          "Set kiln.data-dir to another directory, " + PostgresException.USE_ANOTHER);
    }
  }

  private static void removeUnfinished(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path entry : entries.toList()) {
        if (entry.getFileName().toString().startsWith(UNFINISHED))
          Directories.delete(entry);
      }
    }
  }

  private void checkVersion(String ours) throws IOException {
    String theirs;
    try {
      theirs = Files.readString(data.resolve("PG_VERSION"), StandardCharsets.US_ASCII).strip();
    } catch (NoSuchFileException e) {
      throw new PostgresException(data + " is there, but is no data directory of PostgreSQL (it has no PG_VERSION)",
          "Move it away, or restore it from a backup, " + PostgresException.USE_ANOTHER, e);
    }
    if (theirs.equals(ours))
      return;
    throw new PostgresException(
        data + " was written by PostgreSQL " + theirs + ", and this Kiln brings PostgreSQL " + ours,
        "Start it with the Kiln that wrote it, or dump it with PostgreSQL " + theirs
            + "'s pg_dump and restore the dump into an empty one, " + PostgresException.USE_ANOTHER);
  }

  private void stopOrphan() throws IOException {
    Path pidFile = data.resolve("postmaster.pid");
    Optional<Long> pid = readPid(pidFile);
    if (pid.isPresent() && runsHere(pid.get())) {
      log.info("stopping the PostgreSQL (process {}) that an earlier Kiln left behind", pid.get());
      var outcome = launcher.run(List.of(binaries.program("pg_ctl").toString(), "stop", "-D", data.toString(), "-m",
          "fast", "-w", "-t", Long.toString(limit.toSeconds())), limit.plusSeconds(5));
      if (outcome.status() != 0 && runsHere(pid.get())) {
        throw new PostgresException(
            "PostgreSQL (process " + pid.get() + ") still runs on " + data + " and does not stop:\n"
                + outcome.output(),
            "Stop process " + pid.get() + ", then start Kiln again.");
      }
    }
    // We hold the data directory's lock and no server is there. PostgreSQL itself only looks whether the process number
    // is taken, and would refuse to start when, after a restart of a container, some other process got it.
    Files.deleteIfExists(pidFile);
  }

  private static Optional<Long> readPid(Path pidFile) throws IOException {
    try (Stream<String> lines = Files.lines(pidFile, StandardCharsets.ISO_8859_1)) {
      return lines.findFirst().map(String::strip).filter(pid -> pid.matches("[0-9]{1,9}")).map(Long::valueOf);
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  /** Whether that process is a server on this cluster: servers work in their data directory. */
  private boolean runsHere(long pid) {
    try {
      Path cwd = Files.readSymbolicLink(Path.of("/proc", Long.toString(pid), "cwd"));
      return cwd.equals(data.toRealPath(LinkOption.NOFOLLOW_LINKS));
    } catch (IOException _) {
      return false;
    }
  }
}
