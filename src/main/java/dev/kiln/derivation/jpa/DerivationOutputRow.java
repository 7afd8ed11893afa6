package dev.kiln.derivation.jpa;

import java.io.Serializable;
import java.util.Arrays;

import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.MapsId;
import jakarta.persistence.Table;
import org.jspecify.annotations.Nullable;

/** A row of {@code derivation_output}: what finds the derivation of an output path. */
@Entity
@Table(name = "derivation_output")
class DerivationOutputRow {

  @Embeddable
  static class Key implements Serializable {
    byte[] derivation = {};
    String name = "";

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key that && Arrays.equals(derivation, that.derivation) && name.equals(that.name);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(derivation) * 31 + name.hashCode();
    }
  }

  @EmbeddedId
  Key key = new Key();
  byte @Nullable [] path;
  @Column(name = "path_name")
  @Nullable
  String pathName;

  @MapsId("derivation")
  @ManyToOne(fetch = FetchType.LAZY)
  @JoinColumn(name = "derivation")
  @Nullable
  DerivationRow owner;
}
