package dev.kiln.harness;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The PostgreSQL of Debian's package {@code postgresql}, on TCP with a password: a server that an operator runs. */
public final class DebianPostgres implements AutoCloseable {

  private static final int NOBODY = 65534;
  private static final String PASSWORD = "correct horse";

  private final Path programs;
  private final Path directory;
  private final int port;

  private DebianPostgres(Path programs, Path directory, int port) {
    this.programs = programs;
    this.directory = directory;
    this.port = port;
  }

  public static DebianPostgres start() throws IOException {
    Path directory = TemporaryDirectories.create("kiln-debian-postgres-");
    var server = new DebianPostgres(newestPrograms(), directory, freePort());
    Path password = Files.writeString(directory.resolve("password"), PASSWORD, StandardCharsets.UTF_8);
    if (isRoot()) {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.setAttribute(directory, "unix:uid", NOBODY);
      Files.setAttribute(password, "unix:uid", NOBODY);
    }
    server.run("initdb", "-D", server.data(), "-U", "operator", "--auth=scram-sha-256", "--pwfile=" + password,
        "--no-sync");
    server.begin();
    return server;
  }

  private void begin() throws IOException {
    run("pg_ctl", "start", "-w", "-D", data(), "-l", directory.resolve("log").toString(), "-o",
        "-p " + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200");
  }

  /** Breaks all connections, as a crash does, and comes back. */
  public void restart() throws IOException {
    run("pg_ctl", "stop", "-m", "immediate", "-w", "-D", data());
    begin();
  }

  private static Path newestPrograms() throws IOException {
    try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
      return versions.max(Comparator.comparingInt(version -> Integer.parseInt(version.getFileName().toString())))
          .orElseThrow(() -> new AssertionError("install the package postgresql")).resolve("bin");
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static boolean isRoot() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
  }

  private String data() {
    return directory.resolve("data").toString();
  }

  private void run(String program, String... arguments) throws IOException {
    var command = new ArrayList<String>();
    if (isRoot())
      command.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--"));
    command.add(programs.resolve(program).toString());
    command.addAll(List.of(arguments));
    Path output = directory.resolve(program + ".out");
    try {
      // Into a file: the server inherits the descriptor and would keep a pipe open.
      int status = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true)
          .redirectOutput(output.toFile()).start().waitFor();
      if (status != 0)
        throw new AssertionError(command + " ended with " + status + ":\n" + Files.readString(output));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  public String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
  }

  public int port() {
    return port;
  }

  public String username() {
    return "operator";
  }

  public String password() {
    return PASSWORD;
  }

  @Override
  public void close() throws IOException {
    run("pg_ctl", "stop", "-m", "immediate", "-w", "-D", data());
  }
}
