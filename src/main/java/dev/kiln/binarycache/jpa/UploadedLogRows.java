package dev.kiln.binarycache.jpa;

import java.time.Instant;
import java.util.Optional;

import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface UploadedLogRows extends Repository<UploadedLogRow, byte[]> {

  Optional<UploadedLogRow> findByDerivation(byte[] derivation);

  @Modifying
  @Query(nativeQuery = true, value = """
      insert into uploaded_log (derivation, digest, size, uploaded_at) values (:derivation, :digest, :size, :uploadedAt)
      on conflict (derivation) do update set digest = :digest, size = :size, uploaded_at = :uploadedAt""")
  void upsert(byte[] derivation, byte[] digest, long size, Instant uploadedAt);
}
