package dev.kiln.realise.jpa;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import javax.sql.DataSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.PreparedStatementSetter;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.bytes.ByteString;
import dev.kiln.realise.Plan;
import dev.kiln.realise.Plan.Step;
import dev.kiln.realise.Planner;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/** Plans by two queries, however large and deep the graph is. */
@Repository
class SqlPlanner implements Planner {

  /** Rows that are fetched at once. */
  private static final int FETCH = 10_000;

  private static final String IS_MISSING = """
      (select case
        when output.path is not null then not exists (select from path_info where path_info.hash = output.path)
        else not exists (
          select from derivation join realisation on realisation.output_hash = derivation.output_hash
          where derivation.hash = output.derivation and realisation.output = output.name)
        end
       from derivation_output output
       where output.derivation = candidate.hash and output.name = candidate.output)""";

  /**
   * The derivation whose hash is the parameter, and all that it needs and that is not here. Whether an output is here is asked once
   * for each output, not for each edge that leads to it: there are ten times as many.
   */
  static final String MISSING = """
      with recursive candidate (hash, output) as (
        select hash, null from derivation where hash = ?
        union
        select needed.input, needed.output
        from candidate
        join derivation on derivation.hash = candidate.hash
        cross join lateral unnest(derivation.inputs, derivation.input_outputs) as needed (input, output)
        where candidate.output is null or %1$s
      ),
      missing (hash) as materialized (
        select distinct candidate.hash from candidate where candidate.output is null or %1$s
      )
      """.formatted(IS_MISSING);

  /** With the hashes of the inputs, missing or not, one behind the other. */
  private static final String STEPS = MISSING + """
      select derivation.hash, derivation.name,
        coalesce((select string_agg(input, '') from unnest(derivation.inputs) input), '')
      from missing join derivation on derivation.hash = missing.hash""";

  private static final String MISSING_SOURCES = """
      select distinct source.source, source.source_name
      from unnest(?::bytea[]) as step (hash)
      join derivation_source source on source.derivation = step.hash
      where not exists (select from path_info where path_info.hash = source.source)
        and not exists (select from derivation where derivation.hash = source.source)""";

  /**
   * A step, before all of them are known.
   *
   * @param inputs hashes, one behind the other
   */
  private record Needy(StorePath derivation, ByteString inputs) {

    Step step(Map<StorePathHash, StorePath> steps) {
      Set<StorePathHash> waitsFor = new HashSet<>();
      for (int i = 0; i < inputs.length(); i += StorePathHash.LENGTH) {
        StorePath input = steps.get(StorePathHash.of(inputs.substring(i, i + StorePathHash.LENGTH).toByteArray()));
        if (input != null) {
          waitsFor.add(input.hash());
        }
      }
      // takes a sixth of what a HashSet does
      return new Step(derivation, Set.copyOf(waitsFor));
    }
  }

  private final JdbcTemplate jdbc;

  SqlPlanner(DataSource dataSource) {
    this.jdbc = new JdbcTemplate(dataSource);
    this.jdbc.setFetchSize(FETCH);
  }

  @Override
  @Transactional(readOnly = true)
  public Plan plan(StorePath derivation) {
    // one hash for each, to which all that wait for it refer
    Map<StorePathHash, StorePath> paths = new HashMap<>();
    List<Needy> needy = new ArrayList<>();
    jdbc.query(STEPS, row -> {
      StorePath path = path(row);
      paths.put(path.hash(), path);
      needy.add(new Needy(path, ByteString.owning(row.getBytes(3))));
    }, (Object) derivation.hash().toByteArray());
    List<Step> steps = needy.stream().map(each -> each.step(paths)).toList();
    byte[][] hashes = paths.keySet().stream().map(StorePathHash::toByteArray).toArray(byte[][]::new);
    PreparedStatementSetter given = statement -> statement.setArray(1,
        statement.getConnection().createArrayOf("bytea", hashes));
    SortedSet<StorePath> sources = new TreeSet<>();
    jdbc.query(MISSING_SOURCES, given, row -> {
      sources.add(path(row));
    });
    return new Plan(steps, sources);
  }

  private static StorePath path(ResultSet row) throws SQLException {
    return new StorePath(StorePathHash.of(row.getBytes(1)), new StorePathName(row.getString(2)));
  }
}
