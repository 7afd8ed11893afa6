package dev.kiln.realise.jpa;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.realise.Plan;
import dev.kiln.realise.Plan.Step;
import dev.kiln.realise.Planner;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/** Plans by two queries, however large and deep the graph is. */
@Repository
class SqlPlanner implements Planner {

  /** The derivation whose hash is the parameter, and all that it needs and that is not here. */
  static final String MISSING = """
      with recursive missing (hash) as (
        select hash from derivation where hash = ?
        union
        select input.input
        from missing
        join derivation_input input on input.derivation = missing.hash
        join derivation_output output on output.derivation = input.input and output.name = input.output
        where case
          when output.path is not null then not exists (select from path_info where path_info.hash = output.path)
          else not exists (
            select from derivation join realisation on realisation.output_hash = derivation.output_hash
            where derivation.hash = output.derivation and realisation.output = output.name)
        end
      )
      """;

  private static final String STEPS = MISSING
      + """
          select derivation.hash, derivation.name, array_agg(distinct needed.hash) filter (where needed.hash is not null) as waits_for
          from missing
          join derivation on derivation.hash = missing.hash
          left join derivation_input input on input.derivation = missing.hash
          left join missing needed on needed.hash = input.input
          group by derivation.hash""";

  private static final String MISSING_SOURCES = MISSING + """
      select distinct source.source, source.source_name
      from missing
      join derivation_source source on source.derivation = missing.hash
      where not exists (select from path_info where path_info.hash = source.source)
        and not exists (select from derivation where derivation.hash = source.source)""";

  private final JdbcTemplate jdbc;

  SqlPlanner(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  @Override
  @Transactional(readOnly = true)
  public Plan plan(StorePath derivation) {
    byte[] key = derivation.hash().toByteArray();
    List<Step> steps = jdbc.query(STEPS, (row, _) -> new Step(path(row), waitsFor(row.getArray("waits_for"))), key);
    List<StorePath> sources = jdbc.query(MISSING_SOURCES, (row, _) -> path(row), key);
    return new Plan(steps, new TreeSet<>(sources));
  }

  private static StorePath path(ResultSet row) throws SQLException {
    return new StorePath(StorePathHash.of(row.getBytes(1)), new StorePathName(row.getString(2)));
  }

  private static Set<StorePathHash> waitsFor(@Nullable Array hashes) throws SQLException {
    Set<StorePathHash> waitsFor = new HashSet<>();
    if (hashes != null) {
      for (byte[] hash : (byte[][]) hashes.getArray()) {
        waitsFor.add(StorePathHash.of(hash));
      }
    }
    return waitsFor;
  }
}
