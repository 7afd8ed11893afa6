package dev.kiln.binarycache.jpa;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.binarycache.NarFileName;
import dev.kiln.binarycache.UploadedNar;
import dev.kiln.binarycache.UploadedNars;
import dev.kiln.castore.jpa.NodeColumns;
import dev.kiln.jdbc.BulkInsert;

@Repository
class JpaUploadedNars implements UploadedNars {

  /** Not by the entity manager: of two who send the same NAR at once, neither may fail. */
  private static final BulkInsert<UploadedNarRow> INSERT = NodeColumns
      .in(BulkInsert.<UploadedNarRow>into("uploaded_nar"), row -> row.root)
      .column("file_name", "text", row -> row.fileName)
      .column("compression", "text", row -> row.compression)
      .column("file_size", "bigint", row -> row.fileSize)
      .column("nar_sha256", "bytea", row -> row.narSha256)
      .column("nar_size", "bigint", row -> row.narSize)
      .column("uploaded_at", "timestamptz", row -> Timestamp.from(row.uploadedAt));

  private final UploadedNarRows rows;
  private final JdbcTemplate jdbc;

  JpaUploadedNars(UploadedNarRows rows, JdbcTemplate jdbc) {
    this.rows = rows;
    this.jdbc = jdbc;
  }

  @Override
  @Transactional(readOnly = true)
  public Optional<UploadedNar> find(NarFileName name) {
    return rows.findByFileName(name.toString()).map(UploadedNarMapping::toUploadedNar);
  }

  @Override
  @Transactional
  public void keep(UploadedNar nar) {
    if (rows.touch(nar.name().toString(), nar.uploadedAt()) == 0) {
      INSERT.insert(jdbc, List.of(UploadedNarMapping.toRow(nar)));
    }
  }

  @Override
  @Transactional
  public int forgetUnused(Instant limit) {
    return rows.deleteUnused(limit);
  }
}
