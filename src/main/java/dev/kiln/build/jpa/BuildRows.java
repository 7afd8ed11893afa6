package dev.kiln.build.jpa;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

import org.jspecify.annotations.Nullable;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface BuildRows extends Repository<BuildRow, UUID> {

  Optional<BuildRow> findById(UUID id);

  @Query(nativeQuery = true, value = """
      select * from build
      where (cast(:derivation as bytea) is null or derivation = :derivation)
        and (cast(:state as text) is null or state = :state)
      order by submitted_at desc, id
      offset :offset limit :limit""")
  List<BuildRow> list(byte @Nullable [] derivation, @Nullable String state, int offset, int limit);
}
