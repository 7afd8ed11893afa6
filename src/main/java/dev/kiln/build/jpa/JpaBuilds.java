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

  private static final String FAIL_ALL = """
      with given as materialized (
        select build.id from build join unnest(?::uuid[]) as wanted (id) using (id) order by build.id for update of build
      )
      update build set state = 'failed', ended_at = ?, failure = ?, message = ?, exit_code = ?::integer, failed_input = ?::uuid
      from given
      where build.id = given.id and build.state in ('queued', 'running')""";

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
    rows.fail(id, at, failure.kind().name(), storable(failure.message()), exitCode, failure.failedInput().orElse(null),
        logSize);
  }

  /** In the identifiers' order, so that two writers of the same builds wait for each other instead of dead-locking. */
  @Override
  @Transactional
  public void failAll(Collection<UUID> ids, Instant at, BuildFailure failure) {
    Integer exitCode = failure.exitCode().isPresent() ? failure.exitCode().getAsInt() : null;
    jdbc.update(FAIL_ALL, ids.toArray(UUID[]::new), Timestamp.from(at), failure.kind().name(),
        storable(failure.message()), exitCode, failure.failedInput().orElse(null));
  }

  /** PostgreSQL's text takes every character but this one. */
  private static String storable(String message) {
    return message.replace('\0', '\uFFFD');
  }

  @Override
  @Transactional
  public int loseLive(Instant at) {
    return rows.loseLive(at, "Kiln stopped before the build ended");
  }
}
