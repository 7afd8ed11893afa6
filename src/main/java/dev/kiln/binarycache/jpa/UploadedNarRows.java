package dev.kiln.binarycache.jpa;

import java.time.Instant;

import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface UploadedNarRows extends Repository<UploadedNarRow, String> {

  @Modifying
  @Query(nativeQuery = true, value = """
      delete from uploaded_nar nar where uploaded_at < :limit
        and not exists (select 1 from path_info path where path.nar_sha256 = nar.nar_sha256)""")
  int deleteUnused(Instant limit);
}
