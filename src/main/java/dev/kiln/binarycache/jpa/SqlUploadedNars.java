package dev.kiln.binarycache.jpa;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;

import dev.kiln.binarycache.NarFileName;
import dev.kiln.binarycache.UploadedNar;
import dev.kiln.binarycache.UploadedNars;
import dev.kiln.castore.jpa.NodeColumns;
import dev.kiln.compression.Compression;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.IngestedTree;

/** By plain statements, each a transaction of its own: a push of a small path is little else than a few of them. */
@Repository
class SqlUploadedNars implements UploadedNars {

  private static final String FIND = "select nar.compression, nar.file_size, nar.nar_sha256, nar.nar_size, nar.uploaded_at, "
      + NodeColumns.names("nar") + " from uploaded_nar nar where nar.file_name = ?";

  /** Of two who send the same NAR at once, neither may fail. */
  private static final String KEEP = """
      insert into uploaded_nar (file_name, compression, file_size, nar_sha256, nar_size, uploaded_at, %s)
      values (?, ?, ?, ?, ?, ?, %s)
      on conflict (file_name) do update set uploaded_at = excluded.uploaded_at"""
      .formatted(NodeColumns.NAMES, NodeColumns.PLACES);

  private static final String FORGET_UNUSED = """
      delete from uploaded_nar nar where uploaded_at < ?
        and not exists (select 1 from path_info path where path.nar_sha256 = nar.nar_sha256)""";

  private final JdbcTemplate jdbc;

  SqlUploadedNars(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  @Override
  public Optional<UploadedNar> find(NarFileName name) {
    return jdbc.query(FIND, (row, _) -> toUploadedNar(name, row), name.toString()).stream().findFirst();
  }

  @Override
  public void keep(UploadedNar nar) {
    jdbc.update(KEEP, statement -> {
      statement.setString(1, nar.name().toString());
      statement.setString(2, nar.compression().nixName());
      statement.setLong(3, nar.fileSize());
      statement.setBytes(4, nar.tree().narHash().value().toByteArray());
      statement.setLong(5, nar.tree().narSize());
      statement.setTimestamp(6, Timestamp.from(nar.uploadedAt()));
      NodeColumns.of(nar.tree().root()).write(statement, 7);
    });
  }

  @Override
  public int forgetUnused(Instant limit) {
    return jdbc.update(FORGET_UNUSED, Timestamp.from(limit));
  }

  private static UploadedNar toUploadedNar(NarFileName name, ResultSet row) throws SQLException {
    return new UploadedNar(name, Compression.named(row.getString("compression")).orElseThrow(),
        row.getLong("file_size"),
        new IngestedTree(NodeColumns.read(row), NixHash.sha256(row.getBytes("nar_sha256")), row.getLong("nar_size")),
        row.getObject("uploaded_at", OffsetDateTime.class).toInstant());
  }
}
