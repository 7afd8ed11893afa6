package dev.kiln.castore.jpa;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** A row of {@code pack}. Written by {@link SqlPackIndex} alone. */
@Entity
@Table(name = "pack")
class PackRow {

  @Id
  private long id;
  private boolean indexed;

  long id() {
    return id;
  }

  boolean indexed() {
    return indexed;
  }
}
