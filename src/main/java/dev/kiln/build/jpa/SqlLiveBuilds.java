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
import dev.kiln.build.Priority;
import dev.kiln.build.Submission;
import dev.kiln.build.Wish;
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

  /**
   * Looks at one row for each priority, lane and need, from one to the next along the index, however many builds are queued. Of the
   * lanes of a priority comes first which has the fewest builds running, then whose turn was longest ago; of a lane, the highest.
   */
  private static final String CLAIM = """
      with recursive kind (priority, lane, needs) as (
        (select priority, lane, needs from build where state = 'queued'
         order by priority desc, lane desc, needs desc limit 1)
        union all
        select following.priority, following.lane, following.needs from kind cross join lateral (
          select build.priority, build.lane, build.needs from build
          where build.state = 'queued'
            and (build.priority, build.lane, build.needs) < (kind.priority, kind.lane, kind.needs)
          order by build.priority desc, build.lane desc, build.needs desc limit 1) as following),
      busy (lane, jobs) as (select lane, count(*) from build where state = 'running' group by lane),
      turn as materialized (
        select kind.priority, kind.lane, array_agg(kind.needs) as needs
        from kind join replica on replica.id = ? and lease_until > now() and not draining
          and string_to_array(kind.needs, ' ') <@ offers
        left join busy on busy.lane = kind.lane
        group by kind.priority, kind.lane, busy.jobs
        order by kind.priority desc, coalesce(busy.jobs, 0), coalesce(array_position(?::integer[], kind.lane), 0)),
      next as (
        select head.id from turn cross join lateral (
          select due.id from unnest(turn.needs) as met (needs) cross join lateral (
            select id, height, queued_at from build
            where state = 'queued' and priority = turn.priority and lane = turn.lane and needs = met.needs
              and (not_before is null or not_before <= now()) and id <> all (?::uuid[])
            order by height desc, queued_at limit 1 for update skip locked) as due
          order by due.height desc, due.queued_at limit 1) as head
        limit 1)
      update build set state = 'running', replica = ?, fence = fence + 1, started_at = now()
      from next where build.id = next.id
      returning\s""" + BuildSql.CLAIM_COLUMNS + ", build.lane";

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
  private final SqlDependents dependents;
  private final SqlWishes wishes;
  private final ServedLanes served = new ServedLanes();
  private final JdbcTemplate jdbc;
  private final TransactionTemplate transaction;

  SqlLiveBuilds(BuildRows rows, SqlSubmissions submissions, SqlDependents dependents, SqlWishes wishes,
      JdbcTemplate jdbc, PlatformTransactionManager transactions) {
    this.rows = rows;
    this.submissions = submissions;
    this.dependents = dependents;
    this.wishes = wishes;
    this.jdbc = jdbc;
    this.transaction = new TransactionTemplate(transactions);
  }

  @Override
  public Optional<Live> find(Collection<StorePathHash> derivations) {
    return jdbc.query(FIND, (row, _) -> new Live(BuildSql.id(row, 1), BuildSql.path(row, 2), row.getBoolean(4)),
        (Object) BuildSql.hashes(derivations)).stream().findFirst();
  }

  /** What is live for others already becomes as urgent afterwards: those who submit the same at once would lock each other out. */
  @Override
  public Submission submit(List<BuildOrder> orders, StorePath wanted, Wish wish) {
    List<UUID> others = new ArrayList<>();
    Submission submission = submit(orders, wanted, wish, others);
    if (submission instanceof Submission.Accepted && !others.isEmpty()) {
      wishes.raiseAlone(others, wish);
    }
    return submission;
  }

  private Submission submit(List<BuildOrder> orders, StorePath wanted, Wish wish, List<UUID> others) {
    for (int attempt = 1;; attempt++) {
      others.clear();
      try {
        return Objects.requireNonNull(transaction.execute(status -> submit(orders, wanted, wish, others, status)));
      } catch (PessimisticLockingFailureException e) {
        log.debug("submission of {} builds, attempt {}", orders.size(), attempt, e);
        if (attempt == TRIES) {
          throw e;
        }
      }
    }
  }

  private Submission submit(List<BuildOrder> orders, StorePath wanted, Wish wish, List<UUID> others,
      TransactionStatus status) {
    Submitted submitted = submissions.submit(orders, wish);
    if (submitted.remembered().isPresent()) {
      return remembered(submitted.remembered().get(), status);
    }
    Optional<UUID> build = SqlSubmissions.find(submitted, wanted);
    if (submitted.overtaken() || build.isEmpty()) {
      status.setRollbackOnly();
      return new Submission.OutOfDate();
    }
    boolean fresh = !submitted.others().contains(build.get());
    if (fresh) {
      wish.replica().ifPresent(replica -> wishes.wish(replica, List.of(build.get())));
    }
    others.addAll(submitted.others());
    return new Submission.Accepted(build.get(), submitted.queued(), fresh);
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
    return jdbc.query(CLAIM, (row, _) -> {
      served.served(row.getInt("lane"));
      return BuildSql.claim(row);
    }, replica, served.inOrder(), BuildSql.array(except), replica).stream().findFirst();
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
    return dependents.fail(claim.build(), "it needs '" + claim.derivation() + "', whose build failed: " + message);
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
    // the row of the claim's build says for whom
    Wish anybody = new Wish("", Priority.BACKGROUND, Optional.of(claim.replica()));
    Submitted submitted = submissions.submit(List.of(new BuildOrder(first, Set.of(), 1)), anybody);
    if (submitted.remembered().isPresent()) {
      return remembered(submitted.remembered().get(), status);
    }
    Optional<UUID> input = SqlSubmissions.find(submitted, first);
    int inputs = input.isPresent() ? 1 : 0;
    requireClaimed(claim, jdbc.update(WAIT, inputs, inputs, claim.build(), claim.replica(), claim.fence()));
    input.ifPresent(id -> submissions.connect(claim.build(), id));
    return new Submission.Accepted(input.orElse(claim.build()), inputs == 0 ? 1 : submitted.queued(), true);
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
        .map(name -> dependents.cancel(build, "it needs '" + name + "', whose build was cancelled"))
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
