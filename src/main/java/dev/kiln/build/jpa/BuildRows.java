package dev.kiln.build.jpa;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import org.jspecify.annotations.Nullable;
import org.springframework.data.jpa.repository.Modifying;
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

  @Modifying
  @Query("update BuildRow b set b.state = 'running', b.startedAt = :at where b.id = :id and b.state = 'queued'")
  int start(UUID id, Instant at);

  @Modifying
  @Query("""
      update BuildRow b set b.state = 'succeeded', b.endedAt = :at, b.logSize = :logSize
      where b.id = :id and b.state = 'running'""")
  int succeed(UUID id, Instant at, long logSize);

  @Modifying
  @Query("""
      update BuildRow b set b.state = 'failed', b.endedAt = :at, b.failure = :failure, b.message = :message,
        b.exitCode = :exitCode, b.failedInput = :failedInput, b.logSize = :logSize
      where b.id = :id and b.state in ('queued', 'running')""")
  int fail(UUID id, Instant at, String failure, String message, @Nullable Integer exitCode, @Nullable UUID failedInput,
      long logSize);

  @Modifying
  @Query("""
      update BuildRow b set b.state = 'lost', b.endedAt = :at, b.failure = 'LOST', b.message = :message
      where b.state in ('queued', 'running')""")
  int loseLive(Instant at, String message);
}
