package dev.kiln.harness;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

import dev.kiln.postgres.EmbeddedPostgres;
import dev.kiln.postgres.PostgresProperties;

/** One embedded PostgreSQL for all tests of a JVM, started when the first of them asks. */
public final class SharedPostgres {

  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static @Nullable EmbeddedPostgres server;

  private SharedPostgres() {}

  /** @return the JDBC URL of a new, empty database */
  public static synchronized String createDatabase() {
    EmbeddedPostgres postgres = server;
    if (postgres == null) {
      postgres = EmbeddedPostgres.start(TemporaryDirectories.create("kiln-postgres-"),
          new PostgresProperties(DataSize.ofMegabytes(64), 300, Duration.ofMinutes(3), Duration.ofMinutes(1)));
      server = postgres;
    }
    String name = "test_" + DATABASES.incrementAndGet();
    try (var connection = DriverManager.getConnection(postgres.jdbcUrl("postgres"));
        var statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return postgres.jdbcUrl(name);
  }

  static synchronized void stop() {
    if (server != null)
      server.close();
  }
}
