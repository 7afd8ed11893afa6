package dev.kiln.castore.jpa;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PackIndex;
import dev.kiln.hash.Blake3Digest;

@Repository
class SqlPackIndex implements PackIndex {

  private static final String FIND = "select digest, pack, start, length from packed_blob where digest = any(?::bytea[])";

  private static final String REGISTER = "insert into pack (id, indexed) values (?, false) on conflict do nothing";

  /** Locks the pack's row until the blobs are committed: of two that index a pack, the second waits, and finds it done. */
  private static final String CLAIM = """
      with claimed as (
        insert into pack (id, indexed) values (?, true)
        on conflict (id) do update set indexed = true where not pack.indexed returning id)""";

  private static final String JOURNAL = """
      , kept as (insert into pack_journal (pack, content) values (?, ?) on conflict do nothing)""";

  private static final String BLOBS = """

      insert into packed_blob (digest, pack, start, length)
      select digest, claimed.id, start, length
      from claimed cross join unnest(?::bytea[], ?::integer[], ?::integer[]) as given (digest, start, length)
      on conflict (digest) do update set pack = excluded.pack, start = excluded.start, length = excluded.length""";

  private static final String FORCED = "delete from pack_journal where pack = any(?::bigint[])";

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
    jdbc.update(CLAIM + BLOBS, statement -> {
      statement.setLong(1, pack);
      setBlobs(statement, 2, blobs);
    });
  }

  @Override
  public void indexAhead(long pack, List<PackedBlob> blobs, ByteString content) {
    jdbc.update(CLAIM + JOURNAL + BLOBS, statement -> {
      statement.setLong(1, pack);
      statement.setLong(2, pack);
      statement.setBytes(3, content.toByteArray());
      setBlobs(statement, 4, blobs);
    });
  }

  /** Sorted by key, so that two that index the same blobs wait for each other instead of dead-locking. */
  private static void setBlobs(PreparedStatement statement, int first, List<PackedBlob> blobs) throws SQLException {
    List<PackedBlob> sorted = blobs.stream().sorted(Comparator.comparing(PackedBlob::digest)).toList();
    byte[][] digests = new byte[sorted.size()][];
    Integer[] starts = new Integer[sorted.size()];
    Integer[] lengths = new Integer[sorted.size()];
    for (int i = 0; i < digests.length; i++) {
      PackedBlob blob = sorted.get(i);
      digests[i] = blob.digest().toByteArray();
      starts[i] = blob.place().start();
      lengths[i] = blob.place().length();
    }
    Connection connection = statement.getConnection();
    statement.setArray(first, connection.createArrayOf("bytea", digests));
    statement.setArray(first + 1, connection.createArrayOf("integer", starts));
    statement.setArray(first + 2, connection.createArrayOf("integer", lengths));
  }

  @Override
  public List<Long> unforced() {
    return jdbc.query("select pack from pack_journal order by pack", (row, _) -> row.getLong(1));
  }

  @Override
  public Optional<ByteString> unforced(long pack) {
    return jdbc.query("select content from pack_journal where pack = ?", (row, _) -> ByteString.owning(row.getBytes(1)),
        pack).stream().findFirst();
  }

  @Override
  public void forced(Collection<Long> packs) {
    Long[] ids = packs.toArray(Long[]::new);
    jdbc.update(FORCED, statement -> statement.setArray(1, statement.getConnection().createArrayOf("bigint", ids)));
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
