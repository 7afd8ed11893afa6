package dev.kiln.castore.jpa;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** A row of {@code directory}. Written by {@link JpaDirectories} alone, many at a time. */
@Entity
@Table(name = "directory")
class DirectoryRow {

  @Id
  private byte[] digest = {};
  private long size;
  private byte[] encoded = {};

  byte[] digest() {
    return digest;
  }

  long size() {
    return size;
  }

  byte[] encoded() {
    return encoded;
  }
}
