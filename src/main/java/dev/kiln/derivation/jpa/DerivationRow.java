package dev.kiln.derivation.jpa;

import java.time.Instant;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import org.jspecify.annotations.Nullable;

/** A row of {@code derivation}. Written by {@link JpaDerivations} alone, many at a time. */
@Entity
@Table(name = "derivation")
class DerivationRow {

  @Id
  byte[] hash = {};
  String name = "";
  byte[] aterm = {};
  String modulo = "";
  @Column(name = "output_hash")
  byte @Nullable [] outputHash;
  @Column(name = "registered_at")
  Instant registeredAt = Instant.EPOCH;
}
