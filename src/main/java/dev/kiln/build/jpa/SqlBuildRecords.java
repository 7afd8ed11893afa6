package dev.kiln.build.jpa;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.build.BuildRecord;
import dev.kiln.build.BuildRecords;
import dev.kiln.build.ResourceUse;

@Repository
class SqlBuildRecords implements BuildRecords {

  private static final String SUFFIX = ".drv";

  private static final String SELECT = """
      select build.*,
        1000 * extract(epoch from queued_at - submitted_at) as waited,
        1000 * extract(epoch from started_at - queued_at) as queued,
        1000 * extract(epoch from coalesce(ended_at, now()) - started_at) as ran,
        (select sum(path_info.nar_size)
         from derivation_output output
         join derivation on derivation.hash = output.derivation
         left join realisation on output.path is null
           and realisation.output_hash = derivation.output_hash and realisation.output = output.name
         join path_info on path_info.hash = coalesce(output.path, realisation.out_path)
         where output.derivation = build.derivation) as output_size
      from build
      """;

  private static final String SUMMARY = """
      select date(submitted_at at time zone 'UTC') as day,
        count(*) filter (where state = 'succeeded'), count(*) filter (where state = 'failed'),
        count(*) filter (where state not in ('succeeded', 'failed')),
        1000 * percentile_cont(0.5) within group (order by extract(epoch from ended_at - started_at))
          filter (where state = 'succeeded'),
        1000 * max(extract(epoch from ended_at - started_at)) filter (where state = 'succeeded')
      from build where derivation_name = ? group by day order by day desc limit ?""";

  private final JdbcTemplate jdbc;

  SqlBuildRecords(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  @Override
  @Transactional(readOnly = true)
  public Optional<BuildRecord> find(UUID id) {
    return jdbc.query(SELECT + "where id = ?", (row, _) -> toRecord(row), id).stream().findFirst();
  }

  @Override
  @Transactional(readOnly = true)
  public List<BuildRecord> list(Filter filter, Optional<UUID> after, int limit) {
    List<String> conditions = new ArrayList<>(List.of("true"));
    List<Object> values = new ArrayList<>();
    filter.derivation().ifPresent(path -> add("derivation = ?", path.hash().toByteArray(), conditions, values));
    filter.name().ifPresent(name -> add("derivation_name = ?", derivationName(name), conditions, values));
    filter.state().ifPresent(state -> add("state = ?", state, conditions, values));
    filter.replica().ifPresent(replica -> add("replica = ?", replica, conditions, values));
    filter.requestedBy()
        .ifPresent(who -> add("starts_with(requested_by, ?)", BuildSql.storable(who), conditions, values));
    filter.since().ifPresent(since -> add("submitted_at >= ?", Timestamp.from(since), conditions, values));
    filter.until().ifPresent(until -> add("submitted_at < ?", Timestamp.from(until), conditions, values));
    after.ifPresent(id -> {
      // the first is what the index is good for, the second tells apart what was submitted together
      add("submitted_at <= (select submitted_at from build where id = ?)", id, conditions, values);
      add("(submitted_at <> (select submitted_at from build where id = ?) or id > ?)", id, conditions, values);
      values.add(id);
    });
    values.add(limit);
    return jdbc.query(
        SELECT + "where " + String.join(" and ", conditions) + " order by submitted_at desc, id limit ?",
        (row, _) -> toRecord(row), values.toArray());
  }

  private static void add(String condition, Object value, List<String> conditions, List<Object> values) {
    conditions.add(condition);
    values.add(value);
  }

  private static String derivationName(String name) {
    return BuildSql.storable(name.endsWith(SUFFIX) ? name : name + SUFFIX);
  }

  @Override
  @Transactional(readOnly = true)
  public List<Day> summary(String name, int limit) {
    return jdbc.query(SUMMARY,
        (row, _) -> new Day(row.getObject(1, LocalDate.class), row.getLong(2), row.getLong(3), row.getLong(4),
            duration(row, 5), duration(row, 6)),
        derivationName(name), limit);
  }

  private static BuildRecord toRecord(ResultSet row) throws SQLException {
    return new BuildRecord(toRow(row).toBuild(), Optional.ofNullable(row.getString("requested_by")),
        Optional.ofNullable(row.getObject("replica", UUID.class)), row.getInt("attempt"), duration(row, "waited"),
        duration(row, "queued"), duration(row, "ran"), duration(row, "ingest_ms"),
        new ResourceUse(duration(row, "processor_ms"), number(row, "peak_memory")), number(row, "output_size"));
  }

  private static OptionalLong number(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
  }

  private static BuildRow toRow(ResultSet row) throws SQLException {
    BuildRow build = new BuildRow();
    build.id = row.getObject("id", UUID.class);
    build.derivation = row.getBytes("derivation");
    build.derivationName = row.getString("derivation_name");
    build.state = row.getString("state");
    build.submittedAt = row.getTimestamp("submitted_at").toInstant();
    build.startedAt = instant(row, "started_at");
    build.endedAt = instant(row, "ended_at");
    build.failure = row.getString("failure");
    build.message = row.getString("message");
    build.exitCode = row.getObject("exit_code", Integer.class);
    build.failedInput = row.getObject("failed_input", UUID.class);
    build.logSize = row.getLong("log_size");
    return build;
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    Timestamp time = row.getTimestamp(column);
    return time == null ? null : time.toInstant();
  }

  private static Optional<Duration> duration(ResultSet row, String column) throws SQLException {
    return duration(row, row.findColumn(column));
  }

  /** @param column in milliseconds; what a clock that was set back makes negative is nothing */
  private static Optional<Duration> duration(ResultSet row, int column) throws SQLException {
    double millis = row.getDouble(column);
    return row.wasNull() ? Optional.empty() : Optional.of(Duration.ofMillis(Math.max(0, Math.round(millis))));
  }
}
