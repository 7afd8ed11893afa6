package dev.kiln.binarycache.jpa;

import java.time.Instant;

import jakarta.persistence.Column;
import jakarta.persistence.Embedded;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import dev.kiln.castore.Directory;
import dev.kiln.castore.jpa.NodeColumns;

/** A row of {@code uploaded_nar}. */
@Entity
@Table(name = "uploaded_nar")
class UploadedNarRow {

  @Id
  @Column(name = "file_name")
  String fileName = "";
  String compression = "";
  @Column(name = "file_size")
  long fileSize;
  @Embedded
  NodeColumns root = NodeColumns.of(Directory.EMPTY.node());
  @Column(name = "nar_sha256")
  byte[] narSha256 = {};
  @Column(name = "nar_size")
  long narSize;
  @Column(name = "uploaded_at")
  Instant uploadedAt = Instant.EPOCH;
}
