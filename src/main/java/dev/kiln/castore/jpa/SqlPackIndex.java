package dev.kiln.castore.jpa;

import java.sql.Connection;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.castore.PackIndex;
import dev.kiln.hash.Blake3Digest;

@Repository
class SqlPackIndex implements PackIndex {

  private static final String FIND = "select digest, pack, start, length from packed_blob where digest = any(?::bytea[])";

  private static final String REGISTER = "insert into pack (id, indexed) values (?, false) on conflict do nothing";

  /** Locks the pack's row until the blobs are committed: of two that index a pack, the second waits, and finds it done. */
  private static final String INDEX = """
      with claimed as (
        insert into pack (id, indexed) values (?, true)
        on conflict (id) do update set indexed = true where not pack.indexed returning id)
      insert into packed_blob (digest, pack, start, length)
      select digest, claimed.id, start, length
      from claimed cross join unnest(?::bytea[], ?::integer[], ?::integer[]) as given (digest, start, length)
      on conflict (digest) do update set pack = excluded.pack, start = excluded.start, length = excluded.length""";

  private final PackRows rows;
  private final JdbcTemplate jdbc;

  SqlPackIndex(PackRows rows, JdbcTemplate jdbc) {
    this.rows = rows;
    this.jdbc = jdbc;
  }

  @Override
  public Map<Blake3Digest, Place> find(Collection<Blake3Digest> digests) {
    Map<Blake3Digest, Place> places = HashMap.newHashMap(digests.size());
    if (!digests.isEmpty()) {
      byte[][] keys = digests.stream().map(Blake3Digest::toByteArray).toArray(byte[][]::new);
      jdbc.query(FIND,
          statement -> statement.setArray(1, statement.getConnection().createArrayOf("bytea", keys)),
          row -> {
            places.put(Blake3Digest.of(row.getBytes(1)), new Place(row.getLong(2), row.getInt(3), row.getInt(4)));
          });
    }
    return places;
  }

  @Override
  public void register(long pack) {
    jdbc.update(REGISTER, pack);
  }

  /** One statement, and so one transaction: a pack holds a few thousand blobs. */
  @Override
  public void index(long pack, List<PackedBlob> blobs) {
    // by key, so that two that index the same blobs wait for each other instead of dead-locking
    List<PackedBlob> sorted = blobs.stream().sorted(Comparator.comparing(PackedBlob::digest)).toList();
    jdbc.update(INDEX, statement -> {
      Connection connection = statement.getConnection();
      statement.setLong(1, pack);
      statement.setArray(2, connection.createArrayOf("bytea",
          sorted.stream().map(blob -> blob.digest().toByteArray()).toArray(byte[][]::new)));
      statement.setArray(3,
          connection.createArrayOf("integer", sorted.stream().map(blob -> blob.place().start()).toArray()));
      statement.setArray(4,
          connection.createArrayOf("integer", sorted.stream().map(blob -> blob.place().length()).toArray()));
    });
  }

  @Override
  @Transactional(readOnly = true)
  public List<Long> notIndexed() {
    return rows.findNotIndexed();
  }

  @Override
  @Transactional(readOnly = true)
  public Set<Long> registered(Collection<Long> packs) {
    return packs.isEmpty() ? Set.of() : rows.findRegistered(packs);
  }
}
