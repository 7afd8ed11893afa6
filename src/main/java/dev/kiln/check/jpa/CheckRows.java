package dev.kiln.check.jpa;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import org.jspecify.annotations.Nullable;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface CheckRows extends Repository<CheckRow, UUID> {

  Optional<CheckRow> findById(UUID id);

  @Query("select c from CheckRow c where c.build = :build order by c.submittedAt desc, c.id limit :limit")
  List<CheckRow> ofBuild(UUID build, int limit);

  @Query(nativeQuery = true, value = """
      select * from rebuild_check
      where id in (select check_id from rebuild_check_output where stored = :path and stored_name = :name)
      order by submitted_at desc, id
      limit :limit""")
  List<CheckRow> ofPath(byte[] path, String name, int limit);

  @Query("select c from CheckRow c where c.derivation = :derivation and c.state in ('queued', 'running')")
  Optional<CheckRow> live(byte[] derivation);

  @Modifying
  @Query(nativeQuery = true, value = """
      insert into rebuild_check (id, build, derivation, derivation_name, state, replica, submitted_at)
      values (:id, :build, :derivation, :derivationName, 'queued', :replica, :at)
      on conflict do nothing""")
  int submit(UUID id, UUID build, byte[] derivation, String derivationName, UUID replica, Instant at);

  @Modifying
  @Query("update CheckRow c set c.state = 'running', c.startedAt = :at where c.id = :id and c.state = 'queued'")
  int start(UUID id, Instant at);

  @Modifying
  @Query("update CheckRow c set c.state = :state, c.endedAt = :at where c.id = :id and c.state = 'running'")
  int compared(UUID id, Instant at, String state);

  @Modifying
  @Query("""
      update CheckRow c set c.state = 'failed', c.endedAt = :at, c.failure = :failure, c.message = :message,
        c.exitCode = :exitCode
      where c.id = :id and c.state = 'running'""")
  int fail(UUID id, Instant at, String failure, String message, @Nullable Integer exitCode);

  @Modifying
  @Query(nativeQuery = true, value = """
      update rebuild_check set state = 'lost', ended_at = :at
      where state in ('queued', 'running')
        and not exists (select from replica where replica.id = rebuild_check.replica and lease_until > now())""")
  int loseAbandoned(Instant at);
}
