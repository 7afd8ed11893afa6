package dev.kiln.build.jpa;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.OptionalInt;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

import dev.kiln.build.Claim;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/** What the statements about builds have in common. */
final class BuildSql {

  static final String LIVE = "('waiting', 'queued', 'running')";

  /** That a row is a claim's. */
  static final String CLAIMED = "id = ? and state = 'running' and replica = ? and fence = ?";

  static final String CLAIM_COLUMNS = "build.id, build.derivation, build.derivation_name, build.replica, build.fence, build.attempt";

  private BuildSql() {}

  /** @param row of {@link #CLAIM_COLUMNS} */
  static Claim claim(ResultSet row) throws SQLException {
    return new Claim(id(row, 1), path(row, 2), id(row, 4), row.getLong(5), row.getInt(6));
  }

  static UUID id(ResultSet row, int column) throws SQLException {
    return row.getObject(column, UUID.class);
  }

  /** @param column that of the hash, the one before that of the name */
  static StorePath path(ResultSet row, int column) throws SQLException {
    return new StorePath(StorePathHash.of(row.getBytes(column)), new StorePathName(row.getString(column + 1)));
  }

  static UUID[] array(Collection<UUID> ids) {
    return ids.toArray(UUID[]::new);
  }

  static byte[][] hashes(Collection<StorePathHash> hashes) {
    return hashes.stream().map(StorePathHash::toByteArray).toArray(byte[][]::new);
  }

  /** @return for {@code ?::interval} */
  static String interval(Duration duration) {
    return duration.toMillis() + " milliseconds";
  }

  static @Nullable Integer nullable(OptionalInt value) {
    return value.isPresent() ? value.getAsInt() : null;
  }

  /** PostgreSQL's text takes every character but this one. */
  static String storable(String message) {
    return message.replace('\0', '\uFFFD');
  }
}
