package dev.kiln.postgres;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server of Kiln's own, on a UNIX socket that only Kiln's user can reach. It ends with {@link #close}, or
 * when this JVM ends, however it ends. The caller sees to it that no other process uses the same directory.
 */
public final class EmbeddedPostgres implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);
  private static final String DATABASE = "kiln";

  private final Path data;
  private final SocketDirectory sockets;
  private final ServerProcess server;
  private final Duration stopTimeout;

  private EmbeddedPostgres(Path data, SocketDirectory sockets, ServerProcess server, Duration stopTimeout) {
    this.data = data;
    this.sockets = sockets;
    this.server = server;
    this.stopTimeout = stopTimeout;
  }

  /**
   * Starts a server that keeps its programs and data in {@code directory}; the first start takes seconds, those after
   * it a fraction of one.
   *
   * @throws PostgresException it did not start; nothing is left running
   */
  public static EmbeddedPostgres start(Path directory, PostgresProperties properties) {
    try {
      Path home = Directories.createPrivate(directory).toRealPath();
      var binaries = PostgresBinaries.unpack(home);
      var launcher = Launcher.forThisAccount(home);
      Path data = PostgresCluster.prepare(home, binaries, launcher, properties.startTimeout());
      var sockets = SocketDirectory.below(home);
      var server = ServerProcess.start(
          launcher.start(command(binaries, data, sockets, properties), sockets.environment()));
      var postgres = new EmbeddedPostgres(data, sockets, server, properties.stopTimeout());
      boolean started = false;
      try {
        server.awaitReady(data, properties.startTimeout());
        postgres.createDatabaseIfMissing();
        started = true;
        return postgres;
      } finally {
        if (!started)
          postgres.close();
      }
    } catch (IOException e) {
      throw new PostgresException("PostgreSQL cannot be started in " + directory + ": " + e,
          "Make the directory writable for the user '" + System.getProperty("user.name") + "', "
              + PostgresException.USE_ANOTHER,
          e);
    }
  }

  /** Settings stand on the command line, not in postgresql.conf, so that a newer Kiln can change them. */
  private static List<String> command(PostgresBinaries binaries, Path data, SocketDirectory sockets,
      PostgresProperties properties) {
    return List.of(binaries.program("postgres").toString(), "-D", data.toString(), //
        "-c", "listen_addresses=", //
        "-c", "unix_socket_directories=\"" + sockets.path().toString().replace("\"", "\"\"") + '"', //
        "-c", "unix_socket_permissions=0700", //
        "-c", "port=" + SocketDirectory.PORT, //
        "-c", "max_connections=" + properties.maxConnections(), //
        "-c", "shared_buffers=" + properties.sharedBuffers().toKilobytes() + "kB", //
        "-c", "huge_pages=off", //
        "-c", "max_wal_size=512MB", //
        // No replicas: a bulk load into a table made in the same transaction needs no log of its rows.
        "-c", "wal_level=minimal", "-c", "max_wal_senders=0", //
        // One machine shared with builds: no helpers of queries (they also want more /dev/shm than containers have).
        "-c", "max_parallel_workers_per_gather=0", "-c", "io_method=sync", "-c", "jit=off", //
        "-c", "timezone=UTC", "-c", "log_timezone=UTC", "-c", "log_line_prefix=");
  }

  private void createDatabaseIfMissing() {
    try (Connection connection = DriverManager.getConnection(jdbcUrl("postgres"));
        var statement = connection.createStatement();
        var found = statement.executeQuery("SELECT FROM pg_database WHERE datname = '" + DATABASE + "'")) {
      if (found.next())
        return;
      try (var create = connection.createStatement()) {
        create.execute("CREATE DATABASE " + DATABASE);
      }
    } catch (SQLException e) {
      throw new PostgresException("PostgreSQL was started, but cannot be used: " + e.getMessage(),
          "See what PostgreSQL logged above, " + PostgresException.USE_ANOTHER, e);
    }
  }

  /** @return where pgjdbc finds Kiln's database; complete, with its user, and of no use outside this machine */
  public String jdbcUrl() {
    return jdbcUrl(DATABASE);
  }

  /** @return the same for another database of this server */
  public String jdbcUrl(String database) {
    // The host is not connected to: UnixSocketFactory ignores it.
    return "jdbc:postgresql://localhost/" + URLEncoder.encode(database, StandardCharsets.UTF_8) + "?user="
        + PostgresCluster.SUPERUSER + "&sslmode=disable&gssEncMode=disable&socketFactory="
        + UnixSocketFactory.class.getName() + "&socketFactoryArg="
        + URLEncoder.encode(sockets.socket().toString(), StandardCharsets.UTF_8);
  }

  /** @return the role that owns everything; it has no password */
  public String username() {
    return PostgresCluster.SUPERUSER;
  }

  /** @return PostgreSQL's data directory */
  public Path data() {
    return data;
  }

  /**
   * Stops the server ("fast": open transactions are rolled back) and waits for its last checkpoint; also where the caller was interrupted
   * before, and breaks off its own start.
   */
  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    if (!server.stop(stopTimeout)) {
      log.warn("PostgreSQL on {} has not stopped in {}; it goes on stopping, and the next start waits for it", data,
          stopTimeout);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return "embedded PostgreSQL in " + data;
  }

  /** What PostgreSQL needs from its surroundings beside its directory. */
  record SocketDirectory(Path path, boolean temporary) {

    static final int PORT = 5432;
    private static final int LONGEST_SOCKET_PATH = 107;

    /** Next to the data, or in the temporary directory where the kernel's limit on socket paths forbids that. */
    static SocketDirectory below(Path home) throws IOException {
      var near = new SocketDirectory(home.resolve("run"), false);
      if (near.socket().toString().getBytes(StandardCharsets.UTF_8).length <= LONGEST_SOCKET_PATH) {
        Directories.createPrivate(near.path());
        return near;
      }
      return new SocketDirectory(Files.createTempDirectory("kiln-").toRealPath(), true);
    }

    Path socket() {
      return path.resolve(".s.PGSQL." + PORT);
    }

    Map<String, String> environment() {
      return temporary ? Map.of("KILN_TEMPORARY_DIRECTORY", path.toString()) : Map.of();
    }
  }
}
