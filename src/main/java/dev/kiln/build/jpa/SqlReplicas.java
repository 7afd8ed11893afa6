package dev.kiln.build.jpa;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;

import dev.kiln.build.Replicas;

/** Replicas as rows, by a connection of their own: a lease must not run out because all others are busy. */
@Repository
class SqlReplicas implements Replicas, DisposableBean {

  private static final long CONNECT_MILLIS = 5_000;

  /** Those that are gone are kept for a while, for the people who look after them. */
  private static final String FORGET = "delete from replica where lease_until < now() - interval '1 day'";

  private static final String JOIN = """
      insert into replica (id, address, lease_until, offers) values (?, ?, now() + ?::interval, ?::text[])""";

  private static final String RENEW = """
      update replica set lease_until = now() + ?::interval where id = ? and lease_until > now()""";

  private static final String OTHERS = "select count(*) from replica where id <> ? and lease_until > now()";

  private final HikariDataSource connection;
  private final JdbcTemplate jdbc;

  SqlReplicas(JdbcConnectionDetails database) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("kiln-lease");
    config.setJdbcUrl(database.getJdbcUrl());
    config.setUsername(database.getUsername());
    config.setPassword(database.getPassword());
    config.setMaximumPoolSize(1);
    config.setConnectionTimeout(CONNECT_MILLIS);
    config.setInitializationFailTimeout(-1);
    this.connection = new HikariDataSource(config);
    this.jdbc = new JdbcTemplate(connection);
  }

  @Override
  public void join(UUID replica, String address, Duration lease, Optional<Set<String>> offers) {
    jdbc.update(FORGET);
    jdbc.update(JOIN, replica, address, BuildSql.interval(lease),
        offers.map(words -> words.toArray(String[]::new)).orElse(null));
  }

  @Override
  public Renewal renew(UUID replica, Duration lease) {
    boolean held = jdbc.update(RENEW, BuildSql.interval(lease), replica) > 0;
    Integer others = jdbc.queryForObject(OTHERS, Integer.class, replica);
    return new Renewal(held, others == null ? 0 : others);
  }

  @Override
  public void drain(UUID replica) {
    jdbc.update("update replica set draining = true where id = ?", replica);
  }

  @Override
  public void leave(UUID replica) {
    jdbc.update("update replica set lease_until = now() where id = ? and lease_until > now()", replica);
  }

  @Override
  public void destroy() {
    connection.close();
  }
}
