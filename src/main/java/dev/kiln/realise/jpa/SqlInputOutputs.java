package dev.kiln.realise.jpa;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;

import dev.kiln.hash.NixHash;
import dev.kiln.realisation.OutputId;
import dev.kiln.realise.InputOutputs;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/** Joins what derivations state with what was realised. */
@Repository
class SqlInputOutputs implements InputOutputs {

  private static final String INPUTS = """
      select derivation.hash, derivation.name, derivation.output_hash, output.name,
        coalesce(output.path, realised.hash), coalesce(output.path_name, realised.name)
      from derivation asking
      cross join lateral unnest(asking.inputs, asking.input_outputs) as input (input, output)
      join derivation on derivation.hash = input.input
      join derivation_output output on output.derivation = input.input and output.name = input.output
      left join realisation on output.path is null
        and realisation.output_hash = derivation.output_hash and realisation.output = output.name
      left join path_info realised on realised.hash = realisation.out_path
      where asking.hash = ?""";

  private final JdbcTemplate jdbc;

  SqlInputOutputs(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  @Override
  public List<InputOutput> of(StorePathHash derivation) {
    return jdbc.query(INPUTS, (row, _) -> new InputOutput(path(row, 1),
        new OutputId(NixHash.sha256(row.getBytes(3)), row.getString(4)),
        row.getBytes(5) == null ? Optional.empty() : Optional.of(path(row, 5))), derivation.toByteArray());
  }

  /** @param column that of the hash, the one before that of the name */
  private static StorePath path(ResultSet row, int column) throws SQLException {
    return new StorePath(StorePathHash.of(row.getBytes(column)), new StorePathName(row.getString(column + 1)));
  }
}
