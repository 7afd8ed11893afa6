package dev.kiln.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.springframework.util.FileSystemUtils;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

class EmbeddedPostgresIT {

  private static final PostgresProperties PROPERTIES = new PostgresProperties(DataSize.ofMegabytes(16), 20,
      Duration.ofMinutes(2), Duration.ofMinutes(1));

  @TempDir
  Path temporary;

  @Test
  void keepsDataOverARestart() throws SQLException {
    try (var postgres = start(temporary)) {
      execute(postgres, "CREATE TABLE kept AS SELECT 42 AS answer");
    }
    try (var postgres = start(temporary)) {
      assertThat(query(postgres, "SELECT answer FROM kept")).isEqualTo("42");
    }
  }

  @Test
  void writesDurablyAndListensOnNoNetwork() throws SQLException {
    try (var postgres = start(temporary)) {
      assertThat(query(postgres, "SHOW fsync")).isEqualTo("on");
      assertThat(query(postgres, "SHOW synchronous_commit")).isEqualTo("on");
      assertThat(query(postgres, "SHOW listen_addresses")).isEmpty();
      assertThat(query(postgres, "SHOW server_encoding")).isEqualTo("UTF8");
    }
  }

  @Test
  void startsBesideItsOwnerWhoClosesIt() throws SQLException {
    EmbeddedPostgres postgres;
    try (var starting = StartingPostgres.in(temporary, PROPERTIES)) {
      postgres = starting.await();
      assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
      assertThat(starting.await()).isSameAs(postgres);
    }
    assertThatThrownBy(() -> query(postgres, "SELECT 1")).isInstanceOf(SQLException.class);
    assertThat(temporary.resolve("data/postmaster.pid")).doesNotExist();
  }

  @Test
  void isStoppedWhereNobodyWaitedForItsStart() throws SQLException, InterruptedException {
    start(temporary).close();
    for (int millis : new int[]{0, 30, 100, 300}) {
      try (var _ = StartingPostgres.in(temporary, PROPERTIES)) {
        Thread.sleep(millis);
      }
      assertThat(temporary.resolve("data/postmaster.pid")).doesNotExist();
    }
    try (var postgres = start(temporary)) {
      assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void tellsWhoeverWaitsForItsStartWhyItFailed() throws IOException {
    start(temporary).close();
    Files.writeString(temporary.resolve("data/PG_VERSION"), "17\n");
    try (var starting = StartingPostgres.in(temporary, PROPERTIES)) {
      assertThatThrownBy(starting::await).isInstanceOf(PostgresException.class)
          .hasMessageContaining("was written by PostgreSQL 17");
    }
  }

  @Test
  void livesInADirectoryWithSpacesCommasAndQuotes() throws SQLException {
    try (var postgres = start(temporary.resolve("a data dir, with ü & 'all' %20"))) {
      assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void livesInADirectoryTooLongForASocketAndLeavesNothingInTheTemporaryOne() throws SQLException, IOException {
    Path socketDirectory;
    try (var postgres = start(temporary.resolve("long".repeat(40)))) {
      assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
      socketDirectory = Path.of(query(postgres, "SHOW unix_socket_directories").replace("\"", ""));
      assertThat(socketDirectory).isDirectory();
      assertThat(Files.getPosixFilePermissions(socketDirectory))
          .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }
    assertThat(socketDirectory).doesNotExist();
  }

  @Test
  void repairsWhatAnInterruptedStartLeft() throws IOException {
    Path server = Files.createDirectories(temporary.resolve("unfinished-server-1/bin"));
    Files.writeString(server.resolve("postgres"), "half of a program");
    Path data = Files.createDirectories(temporary.resolve("unfinished-data-1"));
    Files.writeString(data.resolve("PG_VERSION"), "18\n");
    try (var _ = start(temporary); Stream<Path> left = Files.list(temporary)) {
      assertThat(left.map(path -> path.getFileName().toString()).filter(name -> name.startsWith("unfinished")))
          .isEmpty();
    }
  }

  @Test
  void startsOverAPidFileThatNamesAnotherProcess() throws IOException {
    start(temporary).close();
    Files.writeString(temporary.resolve("data/postmaster.pid"), ProcessHandle.current().pid() + "\n");
    start(temporary).close();
    assertThat(ProcessHandle.current().isAlive()).isTrue();
  }

  @Test
  void refusesDataOfAnotherMajorVersionAndSaysWhatToDo() throws IOException {
    start(temporary).close();
    Files.writeString(temporary.resolve("data/PG_VERSION"), "17\n");
    assertThatThrownBy(() -> start(temporary)).isInstanceOfSatisfying(PostgresException.class, e -> {
      assertThat(e).hasMessageContaining("was written by PostgreSQL 17").hasMessageContaining("PostgreSQL 18");
      assertThat(e.action()).contains("pg_dump").contains("spring.datasource.url");
    });
  }

  @Test
  void refusesADirectoryThatHoldsSomethingElse() throws IOException {
    Files.writeString(Files.createDirectories(temporary.resolve("data")).resolve("diary"), "dear diary");
    assertThatThrownBy(() -> start(temporary)).isInstanceOf(PostgresException.class).hasMessageContaining("PG_VERSION");
    assertThat(temporary.resolve("data/diary")).hasContent("dear diary");
  }

  @Test
  void quotesWhatPostgresSaysWhenItDoesNotStart() throws IOException {
    start(temporary).close();
    Files.writeString(temporary.resolve("data/pg_hba.conf"), "this is no rule\n");
    assertThatThrownBy(() -> start(temporary)).isInstanceOf(PostgresException.class)
        .hasMessageContaining("pg_hba.conf");
  }

  @Test
  void saysSoWhenItsProgramsCannotRun() throws IOException {
    start(temporary).close();
    FileSystemUtils.deleteRecursively(temporary.resolve("data"));
    try (Stream<Path> entries = Files.list(temporary)) {
      Path server = entries.filter(entry -> entry.getFileName().toString().startsWith("server-")).findFirst()
          .orElseThrow();
      Files.delete(server.resolve("lib/libssl.so.1.1"));
    }
    assertThatThrownBy(() -> start(temporary)).isInstanceOf(PostgresException.class)
        .hasMessageContaining("PostgreSQL cannot be run").hasMessageContaining("libssl.so.1.1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\"b", "a$b", "a`b", "a\\b", "a\nb"})
  void refusesADirectoryThatInitdbWouldTakeForSomethingElse(String name) throws IOException {
    Path odd = Files.createDirectory(temporary.resolve(name));
    assertThatThrownBy(() -> start(odd)).isInstanceOf(PostgresException.class).hasMessageContaining(odd.toString())
        .hasMessageContaining("initdb takes no path with");
    assertThat(odd.resolve("data")).doesNotExist();
  }

  @Test
  void letsAReadTimeOutAndBeUsedAgain() throws SQLException {
    try (var postgres = start(temporary); var connection = connect(postgres)) {
      long start = System.nanoTime();
      // Polls the socket with a limit of 100 ms.
      assertThat(connection.unwrap(PGConnection.class).getNotifications(100)).isNullOrEmpty();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(90), Duration.ofSeconds(20));
      assertThat(connection.isValid(5)).isTrue();
      connection.setNetworkTimeout(Runnable::run, 200);
      assertThatThrownBy(() -> query(connection, "SELECT pg_sleep(30)")).isInstanceOf(SQLException.class)
          .hasStackTraceContaining("Read timed out");
    }
  }

  @Test
  void cancelsAStatementThroughASecondConnection() throws SQLException {
    try (var postgres = start(temporary);
        var connection = connect(postgres);
        var statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      assertThatThrownBy(() -> statement.execute("SELECT pg_sleep(30)")).hasMessageContaining("canceling statement");
      assertThat(query(connection, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void unblocksAReaderWhoseConnectionIsAborted() throws SQLException, InterruptedException {
    try (var postgres = start(temporary)) {
      for (int timeout : new int[]{0, 60_000}) {
        Connection connection = connect(postgres);
        connection.setNetworkTimeout(Runnable::run, timeout);
        var outcome = new ArrayBlockingQueue<Object>(1);
        Thread reader = Thread.ofVirtual().start(() -> {
          try {
            outcome.add(query(connection, "SELECT pg_sleep(60)"));
          } catch (SQLException e) {
            outcome.add(e);
          }
        });
        await().until(() -> query(postgres, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' "
            + "AND pid <> pg_backend_pid()").equals("1"));
        connection.abort(Runnable::run);
        assertThat(reader.join(Duration.ofSeconds(10))).isTrue();
        assertThat(outcome.take()).isInstanceOf(SQLException.class);
        await().until(() -> terminateSleepers(postgres));
      }
    }
  }

  private static boolean terminateSleepers(EmbeddedPostgres postgres) throws SQLException {
    return query(postgres, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        + "WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()").equals("0");
  }

  @Test
  void carriesMoreThanASocketBufferBothWays() throws SQLException {
    try (var postgres = start(temporary);
        var connection = connect(postgres);
        var statement = connection.prepareStatement("SELECT ?::bytea")) {
      var bytes = new byte[8 << 20];
      new Random(1).nextBytes(bytes);
      statement.setBytes(1, bytes);
      try (var result = statement.executeQuery()) {
        result.next();
        assertThat(result.getBytes(1)).isEqualTo(bytes);
      }
    }
  }

  private static EmbeddedPostgres start(Path directory) {
    return EmbeddedPostgres.start(directory, PROPERTIES);
  }

  private static Connection connect(EmbeddedPostgres postgres) throws SQLException {
    return DriverManager.getConnection(postgres.jdbcUrl());
  }

  private static void execute(EmbeddedPostgres postgres, String sql) throws SQLException {
    try (var connection = connect(postgres); var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String query(EmbeddedPostgres postgres, String sql) throws SQLException {
    try (var connection = connect(postgres)) {
      return query(connection, sql);
    }
  }

  private static String query(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement(); var result = statement.executeQuery(sql)) {
      result.next();
      return result.getString(1);
    }
  }
}
