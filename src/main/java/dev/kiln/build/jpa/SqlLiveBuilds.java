package dev.kiln.build.jpa;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import dev.kiln.build.BuildEnd;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildMeasures;
import dev.kiln.build.BuildOrder;
import dev.kiln.build.Claim;
import dev.kiln.build.LiveBuilds;
import dev.kiln.build.LostClaimException;
import dev.kiln.build.Submission;
import dev.kiln.build.jpa.SqlSubmissions.Submitted;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/**
 * Live builds as rows. Between two replicas, the row of a build decides: who ends a claim changes it under its lock, so that
 * whoever comes later finds another state, replica or fence there.
 */
@Repository
class SqlLiveBuilds implements LiveBuilds {

  private static final Logger log = LoggerFactory.getLogger(SqlLiveBuilds.class);

  /** Of a submission that others' are in the way of. */
  private static final int TRIES = 5;

  private static final String FIND = """
      select id, derivation, derivation_name, remember_until is not null from build
      where derivation = any(?::bytea[]) and (state in %s or remember_until > now())
      order by 4 limit 1""".formatted(BuildSql.LIVE);

  private static final String CLAIM = """
      with next as (
        select id from build
        where state = 'queued' and (not_before is null or not_before <= now()) and id <> all (?::uuid[])
          and exists (select from replica where id = ? and lease_until > now() and not draining)
        order by priority desc, height desc, queued_at
        limit 1 for update skip locked)
      update build set state = 'running', replica = ?, fence = fence + 1, started_at = now()
      from next where build.id = next.id
      returning\s""" + BuildSql.CLAIM_COLUMNS;

  private static final String SUCCEED = "update build set state = 'succeeded', ended_at = now(), log_size = ?,"
      + " processor_ms = ?::bigint, peak_memory = ?::bigint, ingest_ms = ?::bigint where "
      + BuildSql.CLAIMED
      + " and exists (select from replica where replica.id = build.replica and lease_until > clock_timestamp())";

  /** A commit whose answer was lost with the connection is tried again. */
  private static final String HAS_SUCCEEDED = "select count(*) from build where id = ? and state = 'succeeded' and replica = ? and fence = ?";

  private static final String RELEASE = """
      with dependent as (
        select build.id from build join build_input on build_input.build = build.id
        where build_input.input = ? and build.state = 'waiting' order by build.id for update of build)
      update build set waits_for = waits_for - 1, queued_at = now(),
        state = case when waits_for = 1 then 'queued' else 'waiting' end
      from dependent where build.id = dependent.id
      returning build.state""";

  private static final String FAIL = """
      update build set state = 'failed', ended_at = now(), failure = ?, message = ?, exit_code = ?::integer, log_size = ?,
        failed_input = ?::uuid,
        remember_until = case when ?::interval > interval '0' then now() + ?::interval end
      where\s"""
      + BuildSql.CLAIMED;

  private static final String END_DEPENDENTS = """
      with recursive dependent (id) as (
        select build from build_input where input = ?
        union
        select build_input.build from dependent join build_input on build_input.input = dependent.id),
      given as (
        select build.id from build join dependent using (id) where build.state in %s order by build.id for update of build)
      update build set state = ?, ended_at = now(), failure = ?, message = ?, failed_input = ?
      from given where build.id = given.id
      returning build.id"""
      .formatted(BuildSql.LIVE);

  private static final String GIVE_BACK = """
      update build set state = 'queued', queued_at = now(), started_at = null, replica = null,
        not_before = now() + ?::interval, attempt = attempt + ?
      where\s""" + BuildSql.CLAIMED;

  private static final String WAIT = """
      update build set state = case when ? = 0 then 'queued' else 'waiting' end, waits_for = ?, queued_at = now(),
        started_at = null, replica = null
      where\s""" + BuildSql.CLAIMED;

  private static final String CANCEL = "update build set state = 'cancelled', ended_at = now(), message = ? where id = ? and state in "
      + BuildSql.LIVE + " returning derivation_name";

  private static final String FORGET = """
      update build set remember_until = null
      where remember_until is not null and derivation in (
        select root.derivation from build join build root on root.id in (build.id, build.failed_input) where build.id = ?)""";

  private static final String ENDED = "select id from build where id = any(?::uuid[]) and state not in "
      + BuildSql.LIVE;

  private static final String RUNNING_ON = "select " + BuildSql.CLAIM_COLUMNS
      + " from build where state = 'running' and replica = ?";

  private static final String ABANDONED = "select " + BuildSql.CLAIM_COLUMNS + """
       from build
      where state = 'running'
        and not exists (select from replica where replica.id = build.replica and replica.lease_until > now())""";

  private static final String QUEUED = """
      select count(*) from (
        select from build where state = 'queued' and (not_before is null or not_before <= now()) limit ?) as due""";

  private final BuildRows rows;
  private final SqlSubmissions submissions;
  private final JdbcTemplate jdbc;
  private final TransactionTemplate transaction;

  SqlLiveBuilds(BuildRows rows, SqlSubmissions submissions, JdbcTemplate jdbc,
      PlatformTransactionManager transactions) {
    this.rows = rows;
    this.submissions = submissions;
    this.jdbc = jdbc;
    this.transaction = new TransactionTemplate(transactions);
  }

  @Override
  public Optional<Live> find(Collection<StorePathHash> derivations) {
    return jdbc.query(FIND, (row, _) -> new Live(BuildSql.id(row, 1), BuildSql.path(row, 2), row.getBoolean(4)),
        (Object) BuildSql.hashes(derivations)).stream().findFirst();
  }

  @Override
  public Submission submit(List<BuildOrder> orders, StorePath wanted, String requestedBy) {
    for (int attempt = 1;; attempt++) {
      try {
        return Objects.requireNonNull(transaction.execute(status -> submit(orders, wanted, requestedBy, status)));
      } catch (PessimisticLockingFailureException e) {
        log.debug("submission of {} builds, attempt {}", orders.size(), attempt, e);
        if (attempt == TRIES) {
          throw e;
        }
      }
    }
  }

  private Submission submit(List<BuildOrder> orders, StorePath wanted, String requestedBy, TransactionStatus status) {
    Submitted submitted = submissions.submit(orders, requestedBy);
    if (submitted.remembered().isPresent()) {
      return remembered(submitted.remembered().get(), status);
    }
    Optional<UUID> build = SqlSubmissions.find(submitted, wanted);
    if (submitted.overtaken() || build.isEmpty()) {
      status.setRollbackOnly();
      return new Submission.OutOfDate();
    }
    return new Submission.Accepted(build.get(), submitted.queued());
  }

  private Submission remembered(UUID failed, TransactionStatus status) {
    status.setRollbackOnly();
    return new Submission.Remembered(rows.findById(failed).orElseThrow().toBuild());
  }

  /**
   * Does not wait until it is on disk: that a build ran is worth nothing after a crash, which loses it either way. What is
   * committed later waits for this, too.
   */
  @Override
  @Transactional
  public Optional<Claim> claim(UUID replica, Collection<UUID> except) {
    jdbc.execute("set local synchronous_commit = off");
    return jdbc.query(CLAIM, (row, _) -> BuildSql.claim(row), BuildSql.array(except), replica, replica).stream()
        .findFirst();
  }

  @Override
  @Transactional
  public int succeed(Claim claim, long logSize, BuildMeasures measures) {
    OptionalLong memory = measures.use().peakMemory();
    if (jdbc.update(SUCCEED, logSize, measures.use().processorTime().map(Duration::toMillis).orElse(null),
        memory.isPresent() ? memory.getAsLong() : null, measures.ingest().map(Duration::toMillis).orElse(null),
        claim.build(), claim.replica(), claim.fence()) == 0) {
      Integer done = jdbc.queryForObject(HAS_SUCCEEDED, Integer.class, claim.build(), claim.replica(), claim.fence());
      if (done == null || done == 0) {
        throw new LostClaimException(claim);
      }
      return 0;
    }
    List<String> states = jdbc.query(RELEASE, (row, _) -> row.getString(1), claim.build());
    return (int) states.stream().filter(BuildRow.QUEUED::equals).count();
  }

  @Override
  @Transactional
  public List<UUID> fail(Claim claim, BuildFailure failure, long logSize, Duration remembered) {
    String message = BuildSql.storable(failure.message());
    String memory = BuildSql.interval(remembered);
    requireClaimed(claim, jdbc.update(FAIL, failure.kind().name(), message, BuildSql.nullable(failure.exitCode()),
        logSize, failure.failedInput().orElse(null), memory, memory, claim.build(), claim.replica(), claim.fence()));
    return endDependents(claim.build(), BuildRow.FAILED, BuildFailure.Kind.INPUT_FAILED,
        "it needs '" + claim.derivation() + "', whose build failed: " + message);
  }

  /**
   * Once more as long as there are any: of those that are submitted to wait for one that waits, the first round need not know.
   *
   * @return they, and their root
   */
  private List<UUID> endDependents(UUID root, String state, BuildFailure.Kind failure, String message) {
    List<UUID> ended = new ArrayList<>(List.of(root));
    String kind = state.equals(BuildRow.FAILED) ? failure.name() : null;
    List<UUID> round;
    do {
      round = jdbc.query(END_DEPENDENTS, (row, _) -> BuildSql.id(row, 1), root, state, kind, message, root);
      ended.addAll(round);
    } while (!round.isEmpty());
    return ended;
  }

  @Override
  @Transactional
  public void giveBack(Claim claim, Duration after, boolean failedAttempt) {
    requireClaimed(claim, jdbc.update(GIVE_BACK, BuildSql.interval(after), failedAttempt ? 1 : 0, claim.build(),
        claim.replica(), claim.fence()));
  }

  @Override
  public Submission waitFor(Claim claim, StorePath first) {
    return Objects.requireNonNull(transaction.execute(status -> waitFor(claim, first, status)));
  }

  private Submission waitFor(Claim claim, StorePath first, TransactionStatus status) {
    Submitted submitted = submissions.submit(List.of(new BuildOrder(first, Set.of(), 1)), "");
    if (submitted.remembered().isPresent()) {
      return remembered(submitted.remembered().get(), status);
    }
    Optional<UUID> input = SqlSubmissions.find(submitted, first);
    int inputs = input.isPresent() ? 1 : 0;
    requireClaimed(claim, jdbc.update(WAIT, inputs, inputs, claim.build(), claim.replica(), claim.fence()));
    input.ifPresent(id -> submissions.connect(claim.build(), id));
    return new Submission.Accepted(input.orElse(claim.build()), inputs == 0 ? 1 : submitted.queued());
  }

  private static void requireClaimed(Claim claim, int updated) {
    if (updated == 0) {
      throw new LostClaimException(claim);
    }
  }

  @Override
  @Transactional
  public List<UUID> cancel(UUID build, String message) {
    return jdbc.query(CANCEL, (row, _) -> row.getString(1), BuildSql.storable(message), build).stream().findFirst()
        .map(name -> endDependents(build, BuildRow.CANCELLED, BuildFailure.Kind.INPUT_FAILED,
            "it needs '" + name + "', whose build was cancelled"))
        .orElse(List.of());
  }

  @Override
  @Transactional
  public void forget(UUID build) {
    jdbc.update(FORGET, build);
  }

  @Override
  @Transactional
  public void announce(Collection<UUID> builds) {
    jdbc.query("select pg_notify('" + CHANNEL + "', id::text) from unnest(?::uuid[]) as given (id)", _ -> {
    }, (Object) BuildSql.array(builds));
  }

  @Override
  @Transactional(readOnly = true)
  public List<BuildEnd> ended(Collection<UUID> builds) {
    return jdbc.query(ENDED, (row, _) -> BuildSql.id(row, 1), (Object) BuildSql.array(builds)).stream()
        .map(id -> rows.findById(id).orElseThrow()).map(row -> new BuildEnd(row.toBuild(),
            Optional.ofNullable(row.failedInput).flatMap(rows::findById).map(BuildRow::toBuild)))
        .toList();
  }

  @Override
  @Transactional(readOnly = true)
  public List<Claim> runningOn(UUID replica) {
    return jdbc.query(RUNNING_ON, (row, _) -> BuildSql.claim(row), replica);
  }

  @Override
  @Transactional(readOnly = true)
  public List<Claim> abandoned() {
    return jdbc.query(ABANDONED, (row, _) -> BuildSql.claim(row));
  }

  @Override
  @Transactional(readOnly = true)
  public int queued(int limit) {
    Integer queued = jdbc.queryForObject(QUEUED, Integer.class, limit);
    return queued == null ? 0 : queued;
  }
}
