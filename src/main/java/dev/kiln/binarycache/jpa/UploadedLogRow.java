package dev.kiln.binarycache.jpa;

import java.time.Instant;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** A row of {@code uploaded_log}. */
@Entity
@Table(name = "uploaded_log")
class UploadedLogRow {

  @Id
  byte[] derivation = {};
  byte[] digest = {};
  long size;
  @Column(name = "uploaded_at")
  Instant uploadedAt = Instant.EPOCH;
}
