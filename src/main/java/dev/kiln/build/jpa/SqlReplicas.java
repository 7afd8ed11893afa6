package dev.kiln.build.jpa;

import java.time.Duration;
import java.util.UUID;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.build.Replicas;

@Repository
class SqlReplicas implements Replicas {

  /** Those that are gone are kept for a while, for the people who look after them. */
  private static final String FORGET = "delete from replica where lease_until < now() - interval '1 day'";

  private static final String JOIN = """
      insert into replica (id, address, lease_until) values (?, ?, now() + ?::interval)""";

  private static final String RENEW = """
      update replica set lease_until = now() + ?::interval where id = ? and lease_until > now()""";

  private static final String OTHERS = "select count(*) from replica where id <> ? and lease_until > now()";

  private final JdbcTemplate jdbc;

  SqlReplicas(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  @Override
  @Transactional
  public void join(UUID replica, String address, Duration lease) {
    jdbc.update(FORGET);
    jdbc.update(JOIN, replica, address, BuildSql.interval(lease));
  }

  @Override
  @Transactional
  public Renewal renew(UUID replica, Duration lease) {
    boolean held = jdbc.update(RENEW, BuildSql.interval(lease), replica) > 0;
    Integer others = jdbc.queryForObject(OTHERS, Integer.class, replica);
    return new Renewal(held, others == null ? 0 : others);
  }

  @Override
  @Transactional
  public void drain(UUID replica) {
    jdbc.update("update replica set draining = true where id = ?", replica);
  }

  @Override
  @Transactional
  public void leave(UUID replica) {
    jdbc.update("update replica set lease_until = now() where id = ? and lease_until > now()", replica);
  }
}
