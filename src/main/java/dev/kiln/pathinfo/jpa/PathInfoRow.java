package dev.kiln.pathinfo.jpa;

import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

import jakarta.persistence.Column;
import jakarta.persistence.Embedded;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.JoinTable;
import jakarta.persistence.ManyToMany;
import jakarta.persistence.Table;
import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Directory;
import dev.kiln.castore.jpa.NodeColumns;

/** A row of {@code path_info}. Written by {@link JpaPathInfos} alone, many at a time. */
@Entity
@Table(name = "path_info")
class PathInfoRow {

  @Id
  byte[] hash = {};
  String name = "";
  @Embedded
  NodeColumns root = NodeColumns.of(Directory.EMPTY.node());
  @Column(name = "nar_sha256")
  byte[] narSha256 = {};
  @Column(name = "nar_size")
  long narSize;
  @Nullable
  String deriver;
  @Nullable
  String ca;
  @Column(columnDefinition = "text[]")
  String[] signatures = {};
  @Column(name = "registered_at")
  Instant registeredAt = Instant.EPOCH;

  @ManyToMany(fetch = FetchType.LAZY)
  @JoinTable(name = "path_reference", joinColumns = @JoinColumn(name = "referrer"), inverseJoinColumns = @JoinColumn(name = "reference"))
  Set<PathInfoRow> references = new HashSet<>();
}
