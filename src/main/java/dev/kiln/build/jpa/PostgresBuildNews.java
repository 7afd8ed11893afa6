package dev.kiln.build.jpa;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.UUID;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.stereotype.Component;

import dev.kiln.build.BuildNews;
import dev.kiln.build.LiveBuilds;

/** Listens on a connection of its own, which is opened again when it breaks. */
@Component
class PostgresBuildNews implements BuildNews {

  private static final Logger log = LoggerFactory.getLogger(PostgresBuildNews.class);

  /** How long to sit in one call: an interruption is seen after that. */
  private static final int LISTEN_MILLIS = 500;
  private static final long REOPEN_MILLIS = 1_000;

  private final JdbcConnectionDetails database;

  PostgresBuildNews(JdbcConnectionDetails database) {
    this.database = database;
  }

  @Override
  public void listen(Consumer<UUID> heard) {
    while (!Thread.currentThread().isInterrupted()) {
      try (Connection connection = open(); Statement statement = connection.createStatement()) {
        statement.execute("listen " + LiveBuilds.CHANNEL);
        hear(connection.unwrap(PGConnection.class), heard);
      } catch (SQLException e) {
        log.debug("builds' ends are not heard of for now", e);
        pause();
      }
    }
  }

  private Connection open() throws SQLException {
    Properties properties = new Properties();
    put(properties, "user", database.getUsername());
    put(properties, "password", database.getPassword());
    return DriverManager.getConnection(database.getJdbcUrl(), properties);
  }

  private static void put(Properties properties, String name, @Nullable String value) {
    if (value != null) {
      properties.setProperty(name, value);
    }
  }

  private static void hear(PGConnection connection, Consumer<UUID> heard) throws SQLException {
    while (!Thread.currentThread().isInterrupted()) {
      for (PGNotification news : connection.getNotifications(LISTEN_MILLIS)) {
        heard.accept(UUID.fromString(news.getParameter()));
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(REOPEN_MILLIS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
