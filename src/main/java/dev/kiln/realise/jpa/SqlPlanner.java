package dev.kiln.realise.jpa;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.realise.Plan;
import dev.kiln.realise.Plan.Step;
import dev.kiln.realise.Planner;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/** Plans by one query, however large and deep the graph is. */
@Repository
class SqlPlanner implements Planner {

  /** Rows that are fetched at once. */
  private static final int FETCH = 10_000;
  private static final byte[] NONE = {};

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

  /**
   * One row for each derivation, with the hashes of its inputs, and of its missing sources, one behind the other: neither is anything
   * sorted nor joined otherwise.
   */
  private static final String STEPS = MISSING
      + """
          select derivation.hash, derivation.name, inputs.hashes, sources.hashes, sources.names,
            exists (select from derivation_output output where output.derivation = derivation.hash and output.ca is not null)
          from missing join derivation on derivation.hash = missing.hash
          cross join lateral (
            select string_agg(input, '') as hashes from unnest(derivation.inputs) input) inputs
          cross join lateral (
            select string_agg(source.source, '' order by source.source) as hashes,
              array_agg(source.source_name order by source.source) as names
            from derivation_source source
            where source.derivation = derivation.hash
              and not exists (select from path_info where path_info.hash = source.source)
              and not exists (select from derivation recipe where recipe.hash = source.source)) sources""";

  private final JdbcTemplate jdbc;

  SqlPlanner(DataSource dataSource) {
    this.jdbc = new JdbcTemplate(dataSource);
    this.jdbc.setFetchSize(FETCH);
  }

  @Override
  @Transactional(readOnly = true)
  public Plan plan(StorePath derivation) {
    // one hash for each, to which all that wait for it refer
    Map<StorePathHash, StorePath> paths = new LinkedHashMap<>();
    List<byte[]> inputs = new ArrayList<>();
    SortedSet<StorePath> sources = new TreeSet<>();
    AtomicBoolean fetches = new AtomicBoolean();
    jdbc.query(STEPS, row -> {
      StorePath path = path(row);
      paths.put(path.hash(), path);
      byte[] hashes = row.getBytes(3);
      inputs.add(hashes == null ? NONE : hashes);
      addSources(row, sources);
      if (row.getBoolean(6)) {
        fetches.setPlain(true);
      }
    }, (Object) derivation.hash().toByteArray());
    return new Plan(steps(paths, inputs), sources, fetches.getPlain());
  }

  /** @param inputs of each of {@code paths}; what each takes is let go when it is not needed any more */
  private static List<Step> steps(Map<StorePathHash, StorePath> paths, List<byte[]> inputs) {
    List<Step> steps = new ArrayList<>(paths.size());
    int place = 0;
    for (StorePath path : paths.values()) {
      Set<StorePathHash> waitsFor = new HashSet<>();
      for (StorePathHash hash : hashes(inputs.set(place++, NONE))) {
        StorePath input = paths.get(hash);
        if (input != null) {
          waitsFor.add(input.hash());
        }
      }
      // takes a sixth of what a HashSet does
      steps.add(new Step(path, Set.copyOf(waitsFor)));
    }
    return steps;
  }

  private static void addSources(ResultSet row, Set<StorePath> sources) throws SQLException {
    byte[] hashes = row.getBytes(4);
    if (hashes != null) {
      String[] names = (String[]) row.getArray(5).getArray();
      int place = 0;
      for (StorePathHash hash : hashes(hashes)) {
        sources.add(new StorePath(hash, new StorePathName(names[place++])));
      }
    }
  }

  private static List<StorePathHash> hashes(byte[] joined) {
    List<StorePathHash> hashes = new ArrayList<>(joined.length / StorePathHash.LENGTH);
    for (int i = 0; i < joined.length; i += StorePathHash.LENGTH) {
      hashes.add(StorePathHash.of(Arrays.copyOfRange(joined, i, i + StorePathHash.LENGTH)));
    }
    return hashes;
  }

  private static StorePath path(ResultSet row) throws SQLException {
    return new StorePath(StorePathHash.of(row.getBytes(1)), new StorePathName(row.getString(2)));
  }
}
