package dev.kiln.pathinfo.jpa;

import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.Timestamp;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

import dev.kiln.castore.jpa.NodeColumns;
import dev.kiln.jdbc.BulkInsert;
import dev.kiln.pathinfo.MissingReferenceException;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.Signature;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** Inserts paths with their references. */
@Component
class PathInfoInserts {

  private record Reference(StorePath referrer, StorePath reference) {}

  private static final BulkInsert<PathInfo> PATHS = NodeColumns
      .in(BulkInsert.<PathInfo>into("path_info"), info -> NodeColumns.of(info.root()))
      .column("hash", "bytea", info -> info.path().hash().toByteArray())
      .column("name", "text", info -> info.path().name().value())
      .column("nar_sha256", "bytea", info -> info.narHash().value().toByteArray())
      .column("nar_size", "bigint", PathInfo::narSize)
      .column("deriver", "text", info -> info.deriver().map(StorePath::baseName).orElse(null))
      .column("ca", "text", info -> info.ca().map(ContentAddress::render).orElse(null))
      .column("signatures", "text", "string_to_array(signatures, ' ')",
          info -> info.signatures().stream().map(Signature::toString).collect(Collectors.joining(" ")))
      .column("reference_hashes", "bytea", BulkInsert.hashes("reference_hashes", StorePathHash.LENGTH),
          PathInfoInserts::referenceHashes)
      .column("reference_names", "text", "string_to_array(reference_names, ' ')",
          info -> info.references().stream().map(reference -> reference.name().value())
              .collect(Collectors.joining(" ")))
      .column("registered_at", "timestamptz", info -> Timestamp.from(info.registrationTime()));

  private static final BulkInsert<Reference> REFERENCES = BulkInsert.<Reference>into("path_reference")
      .column("referrer", "bytea", reference -> reference.referrer().hash().toByteArray())
      .column("reference", "bytea", reference -> reference.reference().hash().toByteArray());

  /** One path with its references, if all of these are here: what a push does for each path, in a single round trip. */
  private static final String ONE = """
      with wanted as (select reference from unnest(?::bytea[]) as given (reference)),
      missing as (select reference from wanted where not exists (select from path_info where hash = reference)),
      inserted as (
        insert into path_info (hash, name, nar_sha256, nar_size, deriver, ca, signatures, registered_at, reference_hashes,
          reference_names, %s)
        select ?, ?, ?, ?, ?, ?, ?::text[], ?, ?::bytea[], ?::text[], %s where not exists (select from missing)
        on conflict do nothing returning hash),
      referring as (insert into path_reference (referrer, reference)
        select hash, reference from inserted cross join unnest(?::bytea[]) as given (reference))
      select hash, true from inserted union all select reference, false from missing"""
      .formatted(NodeColumns.NAMES, NodeColumns.PLACES);

  private final JdbcTemplate jdbc;

  PathInfoInserts(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * Inserts a path, unless it is here; one statement, and so one transaction.
   *
   * @return whether it was not
   * @throws MissingReferenceException if a path that it refers to is not here
   */
  boolean insert(PathInfo info) {
    byte[] hash = info.path().hash().toByteArray();
    SortedSet<StorePath> references = info.references();
    byte[][] all = references.stream().map(each -> each.hash().toByteArray()).toArray(byte[][]::new);
    byte[][] others = Arrays.stream(all).filter(each -> !Arrays.equals(each, hash)).toArray(byte[][]::new);
    String[] names = references.stream().map(each -> each.name().value()).toArray(String[]::new);
    String[] signatures = info.signatures().stream().map(Signature::toString).toArray(String[]::new);
    Map<StorePathHash, Boolean> rows = new HashMap<>();
    jdbc.query(ONE, statement -> {
      Connection connection = statement.getConnection();
      statement.setArray(1, connection.createArrayOf("bytea", others));
      statement.setBytes(2, hash);
      statement.setString(3, info.path().name().value());
      statement.setBytes(4, info.narHash().value().toByteArray());
      statement.setLong(5, info.narSize());
      statement.setString(6, info.deriver().map(StorePath::baseName).orElse(null));
      statement.setString(7, info.ca().map(ContentAddress::render).orElse(null));
      statement.setArray(8, connection.createArrayOf("text", signatures));
      statement.setTimestamp(9, Timestamp.from(info.registrationTime()));
      statement.setArray(10, connection.createArrayOf("bytea", all));
      statement.setArray(11, connection.createArrayOf("text", names));
      NodeColumns.of(info.root()).write(statement, 12);
      statement.setArray(12 + NodeColumns.COUNT, connection.createArrayOf("bytea", all));
    }, row -> {
      rows.put(StorePathHash.of(row.getBytes(1)), row.getBoolean(2));
    });
    if (rows.containsValue(false)) {
      throw new MissingReferenceException(references.stream()
          .filter(each -> Boolean.FALSE.equals(rows.get(each.hash()))).collect(Collectors.toCollection(TreeSet::new)));
    }
    return !rows.isEmpty();
  }

  /**
   * Inserts those that are not here. A path that is keeps its references, too.
   *
   * @return what was inserted
   */
  Set<StorePathHash> insert(Collection<PathInfo> paths) {
    List<PathInfo> sorted = paths.stream().sorted(Comparator.comparing(PathInfo::path)).toList();
    Set<StorePathHash> inserted = PATHS.insertReturning("hash", jdbc, sorted).stream().map(StorePathHash::of)
        .collect(Collectors.toSet());
    REFERENCES.insert(jdbc, sorted.stream().filter(info -> inserted.contains(info.path().hash()))
        .flatMap(info -> info.references().stream().map(reference -> new Reference(info.path(), reference))).toList());
    return inserted;
  }

  private static byte[] referenceHashes(PathInfo info) {
    ByteArrayOutputStream hashes = new ByteArrayOutputStream();
    info.references().forEach(reference -> hashes.writeBytes(reference.hash().toByteArray()));
    return hashes.toByteArray();
  }
}
