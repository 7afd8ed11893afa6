package dev.kiln.binarycache.jpa;

import java.time.Clock;
import java.util.Optional;

import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.binarycache.UploadedLogs;
import dev.kiln.castore.Blobs.Blob;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

@Repository
class JpaUploadedLogs implements UploadedLogs {

  private final UploadedLogRows rows;
  private final Clock clock;

  JpaUploadedLogs(UploadedLogRows rows, Clock clock) {
    this.rows = rows;
    this.clock = clock;
  }

  @Override
  @Transactional(readOnly = true)
  public Optional<Blob> find(StorePathHash derivation) {
    return rows.findByDerivation(derivation.toByteArray())
        .map(row -> new Blob(Blake3Digest.of(row.digest), row.size));
  }

  @Override
  @Transactional
  public void keep(StorePath derivation, Blob log) {
    rows.upsert(derivation.hash().toByteArray(), log.digest().toByteArray(), log.size(), clock.instant());
  }
}
