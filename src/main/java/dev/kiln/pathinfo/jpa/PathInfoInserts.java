package dev.kiln.pathinfo.jpa;

import java.io.ByteArrayOutputStream;
import java.sql.Timestamp;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

import dev.kiln.castore.jpa.NodeColumns;
import dev.kiln.jdbc.BulkInsert;
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

  private static byte[] referenceHashes(PathInfo info) {
    ByteArrayOutputStream hashes = new ByteArrayOutputStream();
    info.references().forEach(reference -> hashes.writeBytes(reference.hash().toByteArray()));
    return hashes.toByteArray();
  }

  private final JdbcTemplate jdbc;

  PathInfoInserts(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
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
}
