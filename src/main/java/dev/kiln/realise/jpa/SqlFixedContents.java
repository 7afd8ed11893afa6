package dev.kiln.realise.jpa;

import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;

import dev.kiln.realise.FixedContents;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/** Looks for all fixed outputs of a plan at once. */
@Repository
class SqlFixedContents implements FixedContents {

  private static final String TWINS = SqlPlanner.MISSING + """
      select derivation.hash, derivation.name, output.path, output.path_name, twin.hash
      from missing
      join derivation_output output on output.derivation = missing.hash and output.ca is not null
      join derivation on derivation.hash = missing.hash
      cross join lateral (
        select path_info.hash
        from path_info
        where path_info.ca = output.ca
          and not exists (select from path_reference where path_reference.referrer = path_info.hash)
        limit 1
      ) twin
      where not exists (select from path_info where path_info.hash = output.path)""";

  private final JdbcTemplate jdbc;

  SqlFixedContents(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  @Override
  public List<Twin> twins(StorePath derivation) {
    return jdbc.query(TWINS, (row, _) -> new Twin(path(row.getBytes(1), row.getString(2)),
        path(row.getBytes(3), row.getString(4)), StorePathHash.of(row.getBytes(5))), derivation.hash().toByteArray());
  }

  private static StorePath path(byte[] hash, String name) {
    return new StorePath(StorePathHash.of(hash), new StorePathName(name));
  }
}
