package dev.kiln.harness;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The PgBouncer of Debian's package {@code pgbouncer}, in transaction mode, in front of a PostgreSQL. */
public final class PgBouncer implements AutoCloseable {

  private static final int NOBODY = 65534;
  private static final Path PROGRAM = Path.of("/usr/sbin/pgbouncer");
  private static final long START_MILLIS = 30_000;

  private final Process process;
  private final Path directory;
  private final int port;

  private PgBouncer(Process process, Path directory, int port) {
    this.process = process;
    this.directory = directory;
    this.port = port;
  }

  /** @param connections to PostgreSQL, for all clients together */
  public static PgBouncer start(DebianPostgres postgres, int connections) throws IOException {
    if (!Files.isExecutable(PROGRAM)) {
      throw new AssertionError("install the package pgbouncer");
    }
    Path directory = TemporaryDirectories.create("kiln-pgbouncer-");
    int port = freePort();
    Path users = Files.writeString(directory.resolve("users"),
        "\"" + postgres.username() + "\" \"" + postgres.password() + "\"\n", StandardCharsets.UTF_8);
    Path settings = Files.writeString(directory.resolve("pgbouncer.ini"), """
        [databases]
        postgres = host=127.0.0.1 port=%d dbname=postgres
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = %d
        unix_socket_dir =
        auth_type = scram-sha-256
        auth_file = %s
        pool_mode = transaction
        max_client_conn = 200
        default_pool_size = %d
        ignore_startup_parameters = extra_float_digits
        """.formatted(postgres.port(), port, users, connections), StandardCharsets.UTF_8);
    List<String> command = new ArrayList<>();
    if (Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
      for (Path path : List.of(directory, users, settings)) {
        Files.setAttribute(path, "unix:uid", NOBODY);
      }
      command.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--"));
    }
    command.addAll(List.of(PROGRAM.toString(), settings.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true)
        .redirectOutput(directory.resolve("log").toFile()).start();
    PgBouncer bouncer = new PgBouncer(process, directory, port);
    bouncer.awaitListening();
    return bouncer;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitListening() throws IOException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_MILLIS);
    while (true) {
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          throw new AssertionError("pgbouncer does not listen:\n" + log(), e);
        }
        pause();
      }
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(50);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** @return all that it wrote so far */
  public String log() throws IOException {
    return Files.readString(directory.resolve("log"));
  }

  /** @param parameters of the driver, joined by {@code &} */
  public String jdbcUrl(String parameters) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres?" + parameters;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
