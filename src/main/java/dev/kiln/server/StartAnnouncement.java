package dev.kiln.server;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

import dev.kiln.datadir.DataDirectory;
import dev.kiln.datadir.SharedDirectory;

/** Says at the end of the start, in one line, where Kiln listens and where it keeps things. */
@Component
final class StartAnnouncement {

  private static final Logger log = LoggerFactory.getLogger("dev.kiln.Kiln");

  private final DataDirectory dataDirectory;
  private final SharedDirectory sharedDirectory;
  private final DataSource dataSource;
  private final Environment environment;

  StartAnnouncement(DataDirectory dataDirectory, SharedDirectory sharedDirectory, DataSource dataSource,
      Environment environment) {
    this.dataDirectory = dataDirectory;
    this.sharedDirectory = sharedDirectory;
    this.dataSource = dataSource;
    this.environment = environment;
  }

  @EventListener
  void announce(ApplicationReadyEvent event) throws SQLException {
    if (!(event.getApplicationContext() instanceof WebServerApplicationContext context))
      return;
    var server = context.getWebServer();
    if (server == null)
      return;
    String address = environment.getProperty("server.address", "0.0.0.0");
    String host = address.contains(":") ? "[" + address + "]" : address;
    log.info("Kiln listens on http://{}:{}, keeps its data in {}, and uses {}", host, server.getPort(), directories(),
        database());
  }

  private String directories() {
    return sharedDirectory.path().equals(dataDirectory.path())
        ? dataDirectory.toString()
        : dataDirectory + " and, with others, " + sharedDirectory;
  }

  private String database() throws SQLException {
    boolean embedded = environment.getProperty("spring.datasource.url", "").isBlank();
    try (Connection connection = dataSource.getConnection()) {
      var metadata = connection.getMetaData();
      String product = metadata.getDatabaseProductName() + " " + metadata.getDatabaseProductVersion();
      // The URL may carry a password among its parameters.
      return embedded ? "its own " + product : product + " at " + metadata.getURL().replaceFirst("\\?.*", "");
    }
  }
}
