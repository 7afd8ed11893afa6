package dev.kiln.build.jpa;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.build.BuildFailure;
import dev.kiln.build.Misfits;

/** Looks at each need once, however many builds have it: from one to the next along an index. */
@Repository
class SqlMisfits implements Misfits {

  private static final String UNMET = """
      with recursive kind (needs) as (
        (select needs from build where state in ('waiting', 'queued') order by needs limit 1)
        union all
        select (select build.needs from build where build.state in ('waiting', 'queued') and build.needs > kind.needs
          order by build.needs limit 1)
        from kind where kind.needs is not null)
      select needs from kind
      where needs is not null and not exists (
        select from replica where string_to_array(kind.needs, ' ') <@ offers and lease_until > now() - ?::interval)""";

  private static final String FIRST = """
      select id, derivation, derivation_name from build
      where needs = ? and state in ('waiting', 'queued') and not exists (
        select from build_input join build input on input.id = build_input.input
        where build_input.build = build.id and input.needs = build.needs and input.state in %s)
      order by id limit 1""".formatted(BuildSql.LIVE);

  private static final String LAST_SEEN = """
      select address, lease_until from replica where string_to_array(?, ' ') <@ offers order by lease_until desc limit 1""";

  private static final String REFUSE = """
      update build set state = 'failed', ended_at = now(), failure = ?, message = ?
      where id = ? and state in ('waiting', 'queued') returning derivation_name""";

  private final JdbcTemplate jdbc;
  private final SqlDependents dependents;

  SqlMisfits(JdbcTemplate jdbc, SqlDependents dependents) {
    this.jdbc = jdbc;
    this.dependents = dependents;
  }

  @Override
  @Transactional(readOnly = true)
  public List<Misfit> find(Duration absence) {
    List<Misfit> misfits = new ArrayList<>();
    for (String needs : jdbc.query(UNMET, (row, _) -> row.getString(1), BuildSql.interval(absence))) {
      Optional<LastSeen> lastSeen = jdbc.query(LAST_SEEN,
          (row, _) -> new LastSeen(row.getString(1), row.getTimestamp(2).toInstant()), needs).stream().findFirst();
      misfits.addAll(
          jdbc.query(FIRST, (row, _) -> new Misfit(BuildSql.id(row, 1), BuildSql.path(row, 2), lastSeen), needs));
    }
    return misfits;
  }

  @Override
  @Transactional
  public List<UUID> refuse(UUID build, BuildFailure failure) {
    String message = BuildSql.storable(failure.message());
    return jdbc.query(REFUSE, (row, _) -> row.getString(1), failure.kind().name(), message, build).stream().findFirst()
        .map(name -> dependents.fail(build, "it needs '" + name + "', whose build failed: " + message))
        .orElse(List.of());
  }
}
