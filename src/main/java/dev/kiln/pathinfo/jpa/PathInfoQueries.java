package dev.kiln.pathinfo.jpa;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.PreparedStatementSetter;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.stereotype.Component;

import dev.kiln.castore.jpa.NodeColumns;
import dev.kiln.hash.NixHash;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.Signature;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/**
 * Reads paths, each with its references in one row, which is its own for all but old ones: by plain statements, since every read of a path, and every step of a push,
 * begins with one of them. One alone needs no transaction.
 */
@Component
class PathInfoQueries {

  private static final String SELECT = "select path.hash, path.name, " + NodeColumns.names("path") + """
      , path.nar_sha256, path.nar_size, path.deriver, path.ca, path.signatures, path.registered_at,
        coalesce(path.reference_hashes, other.hashes) as hashes, coalesce(path.reference_names, other.names) as names
      from path_info path cross join lateral (
        select array_agg(referred.hash) as hashes, array_agg(referred.name) as names
        from path_reference join path_info referred on referred.hash = path_reference.reference
        where path.reference_names is null and path_reference.referrer = path.hash) other
      """;

  private static final String CLOSURE = """
      with recursive closure (hash) as (
        select hash from path_info where hash = any(?::bytea[])
        union
        select reference from closure join path_reference on referrer = hash
      )
      """ + SELECT + "where path.hash in (select closure.hash from closure)";

  private static final RowMapper<PathInfo> MAPPING = (row, _) -> toPathInfo(row);

  private final JdbcTemplate jdbc;

  PathInfoQueries(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  Optional<PathInfo> find(StorePathHash path) {
    return findOne("where path.hash = ?", statement -> statement.setBytes(1, path.toByteArray()));
  }

  /** @return one of those that have this NAR */
  Optional<PathInfo> findByNar(NixHash narHash) {
    return findOne("where path.nar_sha256 = ? limit 1",
        statement -> statement.setBytes(1, narHash.value().toByteArray()));
  }

  /** @return one of those without references that have this content */
  Optional<PathInfo> findByContentAddress(ContentAddress.Fixed address) {
    return findOne(
        "where path.ca = ? and not exists (select from path_reference where referrer = path.hash) limit 1",
        statement -> statement.setString(1, address.render()));
  }

  /** @return those that are here and all that they refer to, in no particular order */
  List<PathInfo> findClosure(Collection<StorePathHash> paths) {
    byte[][] keys = paths.stream().map(StorePathHash::toByteArray).toArray(byte[][]::new);
    return jdbc.query(CLOSURE,
        statement -> statement.setArray(1, statement.getConnection().createArrayOf("bytea", keys)), MAPPING);
  }

  private Optional<PathInfo> findOne(String condition, PreparedStatementSetter parameters) {
    return jdbc.query(SELECT + condition, parameters, MAPPING).stream().findFirst();
  }

  private static PathInfo toPathInfo(ResultSet row) throws SQLException {
    return new PathInfo(path(row.getBytes("hash"), row.getString("name")), NodeColumns.read(row),
        NixHash.sha256(row.getBytes("nar_sha256")), row.getLong("nar_size"),
        references(row.getArray("hashes"), row.getArray("names")),
        Optional.ofNullable(row.getString("deriver")).map(StorePath::parseBaseName),
        Optional.ofNullable(row.getString("ca")).map(ContentAddress::parse),
        Arrays.stream((String[]) row.getArray("signatures").getArray()).map(Signature::parse).toList(),
        row.getObject("registered_at", OffsetDateTime.class).toInstant());
  }

  /** Where there are none, an aggregate gives null. */
  private static SortedSet<StorePath> references(@Nullable Array hashes, @Nullable Array names) throws SQLException {
    SortedSet<StorePath> references = new TreeSet<>();
    if (hashes != null && names != null) {
      byte[][] hash = (byte[][]) hashes.getArray();
      String[] name = (String[]) names.getArray();
      for (int i = 0; i < hash.length; i++) {
        references.add(path(hash[i], name[i]));
      }
    }
    return references;
  }

  private static StorePath path(byte[] hash, String name) {
    return new StorePath(StorePathHash.of(hash), new StorePathName(name));
  }
}
