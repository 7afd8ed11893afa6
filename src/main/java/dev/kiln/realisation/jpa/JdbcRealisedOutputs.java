package dev.kiln.realisation.jpa;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.hash.NixHash;
import dev.kiln.pathinfo.MissingReferenceException;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.pathinfo.Signature;
import dev.kiln.realisation.InvalidRealisation;
import dev.kiln.realisation.OutputId;
import dev.kiln.realisation.RealisedOutput;
import dev.kiln.realisation.RealisedOutputs;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/** All by SQL: rows are few columns, and what is asked for are closures. */
@Repository
class JdbcRealisedOutputs implements RealisedOutputs {

  /** What a derivation states wins over what was recorded, which is the same unless someone lied before the derivation was known. */
  private static final String FIND = """
      select wanted.output_hash, wanted.output, path_info.hash, path_info.name, coalesce(recorded.signatures, '{}')
      from (select ?::bytea as output_hash, ?::text as output) wanted
      left join realisation recorded using (output_hash, output)
      left join lateral (
        select path from derivation join derivation_output on derivation_output.derivation = derivation.hash
        where derivation.output_hash = wanted.output_hash and derivation_output.name = wanted.output and path is not null
        limit 1
      ) stated on true
      join path_info on path_info.hash = coalesce(stated.path, recorded.out_path)""";

  private static final String CLOSURE = """
      with recursive closure (output_hash, output) as (
        select * from unnest(?::bytea[], ?::text[])
        union
        select dependency_hash, dependency_output
        from closure join realisation_dependency dependency
          on dependency.output_hash = closure.output_hash and dependency.output = closure.output
      )
      select closure.output_hash, closure.output, path_info.hash, path_info.name
      from closure
      left join realisation on realisation.output_hash = closure.output_hash and realisation.output = closure.output
      left join lateral (
        select path from derivation join derivation_output on derivation_output.derivation = derivation.hash
        where derivation.output_hash = closure.output_hash and derivation_output.name = closure.output
          and path is not null
        limit 1
      ) stated on true
      join path_info on path_info.hash = coalesce(stated.path, realisation.out_path)""";

  private static final String DEPENDENCIES = """
      select realisation.output_hash, realisation.output, path_info.hash, path_info.name
      from realisation_dependency dependency
      join realisation on realisation.output_hash = dependency.dependency_hash
        and realisation.output = dependency.dependency_output
      join path_info on path_info.hash = realisation.out_path
      where dependency.output_hash = ? and dependency.output = ?""";

  private static final String INSERT = """
      insert into realisation (output_hash, output, out_path, signatures, realised_at) values (?, ?, ?, ?, ?)
      on conflict do nothing""";

  private static final String INSERT_DEPENDENCY = """
      insert into realisation_dependency (output_hash, output, dependency_hash, dependency_output) values (?, ?, ?, ?)
      on conflict do nothing""";

  private static final String ADD_SIGNATURES = """
      update realisation set signatures = (signatures || array(
        select signature from unnest(?::text[]) with ordinality as given (signature, place)
        where signature <> all (signatures) order by place))[1:?]
      where output_hash = ? and output = ?""";

  private final JdbcTemplate jdbc;
  private final PathInfos pathInfos;
  private final Clock clock;

  JdbcRealisedOutputs(JdbcTemplate jdbc, PathInfos pathInfos, Clock clock) {
    this.jdbc = jdbc;
    this.pathInfos = pathInfos;
    this.clock = clock;
  }

  /** All of an output but its dependencies. */
  private record Row(OutputId id, StorePath path, List<Signature> signatures) {}

  @Override
  @Transactional(readOnly = true)
  public Optional<RealisedOutput> find(OutputId id) {
    return row(id).map(row -> new RealisedOutput(id, row.path(), dependencies(id), row.signatures()));
  }

  @Override
  @Transactional(readOnly = true)
  public SortedMap<OutputId, StorePath> closure(Collection<OutputId> ids) {
    byte[][] hashes = ids.stream().map(JdbcRealisedOutputs::hash).toArray(byte[][]::new);
    String[] outputs = ids.stream().map(OutputId::output).toArray(String[]::new);
    SortedMap<OutputId, StorePath> closure = new TreeMap<>();
    jdbc.query(CLOSURE, statement -> {
      statement.setArray(1, statement.getConnection().createArrayOf("bytea", hashes));
      statement.setArray(2, statement.getConnection().createArrayOf("text", outputs));
    }, row -> {
      closure.put(id(row), path(row));
    });
    return closure;
  }

  @Override
  @Transactional
  public RealisedOutput register(RealisedOutput output) {
    Optional<RealisedOutput> before = find(output.id());
    if (before.isPresent() && !before.get().path().equals(output.path())) {
      return before.get();
    }
    if (pathInfos.find(output.path().hash()).filter(info -> info.path().equals(output.path())).isEmpty()) {
      throw new MissingReferenceException(new TreeSet<>(List.of(output.path())));
    }
    output.dependencies().forEach(this::requireRealised);
    insert(new Row(output.id(), output.path(), output.signatures()));
    if (before.isEmpty() || before.get().dependencies().isEmpty()) {
      insertDependencies(output);
    }
    addSignatures(output);
    return find(output.id()).orElseThrow();
  }

  private void requireRealised(OutputId id, StorePath path) {
    Row realised = row(id)
        .orElseThrow(() -> new InvalidRealisation("the dependency '" + id + "' is not realised here"));
    if (!realised.path().equals(path)) {
      throw new InvalidRealisation(
          "the dependency '" + id + "' is '" + realised.path() + "' here, not '" + path + "'");
    }
  }

  private void insert(Row row) {
    jdbc.update(INSERT, statement -> {
      statement.setBytes(1, hash(row.id()));
      statement.setString(2, row.id().output());
      statement.setBytes(3, row.path().hash().toByteArray());
      statement.setArray(4, statement.getConnection().createArrayOf("text", texts(row.signatures())));
      statement.setTimestamp(5, Timestamp.from(clock.instant()));
    });
  }

  /** What a derivation states is recorded when something depends on it, so that a dependency is always a row. */
  private void insertDependencies(RealisedOutput output) {
    for (Map.Entry<OutputId, StorePath> dependency : output.dependencies().entrySet()) {
      OutputId id = dependency.getKey();
      insert(new Row(id, dependency.getValue(), List.of()));
      jdbc.update(INSERT_DEPENDENCY, hash(output.id()), output.id().output(), hash(id), id.output());
    }
  }

  private void addSignatures(RealisedOutput output) {
    if (!output.signatures().isEmpty()) {
      jdbc.update(ADD_SIGNATURES, statement -> {
        statement.setArray(1, statement.getConnection().createArrayOf("text", texts(output.signatures())));
        statement.setInt(2, PathInfos.MAX_SIGNATURES);
        statement.setBytes(3, hash(output.id()));
        statement.setString(4, output.id().output());
      });
    }
  }

  private Optional<Row> row(OutputId id) {
    return jdbc.query(FIND, (row, _) -> new Row(id(row), path(row), signatures(row)), hash(id), id.output()).stream()
        .findFirst();
  }

  private SortedMap<OutputId, StorePath> dependencies(OutputId id) {
    SortedMap<OutputId, StorePath> dependencies = new TreeMap<>();
    jdbc.query(DEPENDENCIES, row -> {
      dependencies.put(id(row), path(row));
    }, hash(id), id.output());
    return dependencies;
  }

  private static byte[] hash(OutputId id) {
    return id.derivation().value().toByteArray();
  }

  private static OutputId id(ResultSet row) throws SQLException {
    return new OutputId(NixHash.sha256(row.getBytes(1)), row.getString(2));
  }

  private static StorePath path(ResultSet row) throws SQLException {
    return new StorePath(StorePathHash.of(row.getBytes(3)), new StorePathName(row.getString(4)));
  }

  private static List<Signature> signatures(ResultSet row) throws SQLException {
    return Arrays.stream((String[]) row.getArray(5).getArray()).map(Signature::parse).toList();
  }

  private static String[] texts(List<Signature> signatures) {
    return signatures.stream().map(Signature::toString).distinct().toArray(String[]::new);
  }
}
