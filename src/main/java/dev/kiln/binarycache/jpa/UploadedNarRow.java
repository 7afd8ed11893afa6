package dev.kiln.binarycache.jpa;

import java.time.Instant;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import org.jspecify.annotations.Nullable;

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
  @Column(name = "root_type")
  String rootType = "";
  @Column(name = "root_digest")
  byte @Nullable [] rootDigest;
  @Column(name = "root_size")
  @Nullable
  Long rootSize;
  @Column(name = "root_executable")
  boolean rootExecutable;
  @Column(name = "root_target")
  byte @Nullable [] rootTarget;
  @Column(name = "nar_sha256")
  byte[] narSha256 = {};
  @Column(name = "nar_size")
  long narSize;
  @Column(name = "uploaded_at")
  Instant uploadedAt = Instant.EPOCH;
}
