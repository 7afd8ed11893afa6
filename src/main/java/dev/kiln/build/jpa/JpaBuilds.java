package dev.kiln.build.jpa;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.build.Build;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.Builds;
import dev.kiln.jdbc.BulkInsert;

@Repository
class JpaBuilds implements Builds {

  private static final BulkInsert<Build> QUEUED = BulkInsert.<Build>into("build")
      .column("id", "uuid", Build::id)
      .column("derivation", "bytea", build -> build.derivation().hash().toByteArray())
      .column("derivation_name", "text", build -> build.derivation().name().value())
      .column("state", "text", _ -> BuildRow.QUEUED)
      .column("submitted_at", "timestamptz", build -> Timestamp.from(build.submittedAt()));

  private final BuildRows rows;
  private final JdbcTemplate jdbc;

  JpaBuilds(BuildRows rows, JdbcTemplate jdbc) {
    this.rows = rows;
    this.jdbc = jdbc;
  }

  @Override
  @Transactional(readOnly = true)
  public Optional<Build> find(UUID id) {
    return rows.findById(id).map(BuildRow::toBuild);
  }

  @Override
  @Transactional(readOnly = true)
  public List<Build> list(Filter filter, int offset, int limit) {
    return rows.list(filter.derivation().map(path -> path.hash().toByteArray()).orElse(null),
        filter.state().orElse(null), offset, limit).stream().map(BuildRow::toBuild).toList();
  }

  @Override
  @Transactional
  public void submit(Collection<Build> builds) {
    QUEUED.insert(jdbc, builds.stream().sorted(Comparator.comparing(Build::id)).toList());
  }

  /**
   * Does not wait until it is on disk: that a build ran is worth nothing after a crash, which loses it either way. What is
   * committed later waits for this, too.
   */
  @Override
  @Transactional
  public void start(UUID id, Instant at) {
    jdbc.execute("set local synchronous_commit = off");
    rows.start(id, at);
  }

  @Override
  @Transactional
  public void succeed(UUID id, Instant at, long logSize) {
    rows.succeed(id, at, logSize);
  }

  @Override
  @Transactional
  public void fail(UUID id, Instant at, BuildFailure failure, long logSize) {
    Integer exitCode = failure.exitCode().isPresent() ? failure.exitCode().getAsInt() : null;
    // PostgreSQL's text takes every character but this one
    String message = failure.message().replace('\0', '\uFFFD');
    rows.fail(id, at, failure.kind().name(), message, exitCode, failure.failedInput().orElse(null), logSize);
  }

  @Override
  @Transactional
  public int loseLive(Instant at) {
    return rows.loseLive(at, "Kiln stopped before the build ended");
  }
}
