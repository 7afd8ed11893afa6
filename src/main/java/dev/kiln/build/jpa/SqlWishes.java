package dev.kiln.build.jpa;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import dev.kiln.build.Wish;
import dev.kiln.build.Wishes;

/**
 * Wishes as rows, one for each replica and build. Who cancels an abandoned build locks its row {@code for update} and looks for wishes
 * only then; who wishes inserts a row that refers to it, which waits for such a lock, and looks afterwards whether the build is live.
 */
@Repository
class SqlWishes implements Wishes {

  private static final Logger log = LoggerFactory.getLogger(SqlWishes.class);

  private static final int TRIES = 5;
  /** Wishes that are seen off at once. */
  private static final int BATCH = 1_000;

  /** A build's inputs are as urgent as it is, and kept if it is: where nothing is to be changed, nothing is below. */
  private static final String RAISE = """
      with recursive given (priority, kept, requester) as (select ?::integer, ?::boolean, ?::integer),
      raised (id) as (
        select build.id from build, given where build.id = any(?::uuid[]) and %1$s
        union
        select build.id from raised join build_input on build_input.build = raised.id
        join build on build.id = build_input.input, given where %1$s),
      locked as (
        select build.id from build join raised using (id) where build.state in %2$s order by build.id
        for no key update of build)
      update build set priority = greatest(build.priority, given.priority), kept = build.kept or given.kept, lane = case
        when build.lane = build.requester and build.requester <> given.requester
        then build.requester # given.requester # 1 else build.lane end
      from locked, given where build.id = locked.id"""
      .formatted("""
          build.state in %s and (build.priority < given.priority or given.kept and not build.kept
            or build.lane = build.requester and build.requester <> given.requester)""".formatted(BuildSql.LIVE),
          BuildSql.LIVE);

  private static final String WISH = """
      insert into build_interest (build, replica)
      select id, ? from build where id = any(?::uuid[]) and not kept
      on conflict (build, replica) do update set until = null""";

  private static final String IS_LIVE = "select count(*) from build where id = ? and state in " + BuildSql.LIVE;

  private static final String LEAVE = """
      update build_interest set until = now() + ?::interval where replica = ? and build = any(?::uuid[])""";

  private static final String EXPIRED = """
      (build_interest.until <= now() or build_interest.until is null and not exists (
        select from replica where replica.id = build_interest.replica and replica.lease_until > now() - ?::interval))""";

  private static final String HAS_EXPIRED = "select exists (select from build_interest where " + EXPIRED + ")";

  private static final String SEE_OFF = """
      delete from build_interest using (
        select build, replica from build_interest where %s order by build, replica limit ? for update skip locked) as gone
      where build_interest.build = gone.build and build_interest.replica = gone.replica
      returning build_interest.build"""
      .formatted(EXPIRED);

  /** What may have been live only for builds whose readers left. */
  private static final String CANDIDATES = """
      with recursive wanted (id) as (
        select unnest(?::uuid[])
        union
        select build.id from wanted join build_input on build_input.build = wanted.id
        join build on build.id = build_input.input where build.state in %1$s and not build.kept)
      select build.id from build join wanted using (id) where build.state in %1$s and not build.kept
      order by build.id for update of build""".formatted(BuildSql.LIVE);

  private static final String CANCEL = """
      with recursive candidate (id) as (select unnest(?::uuid[])),
      wanted (id) as (
        select candidate.id from candidate
        where exists (select from build_interest where build_interest.build = candidate.id)
          or exists (
            select from build_input join build dependent on dependent.id = build_input.build
            left join candidate other on other.id = dependent.id
            where build_input.input = candidate.id and dependent.state in %1$s and other.id is null)
        union
        select candidate.id from wanted join build_input on build_input.build = wanted.id
        join candidate on candidate.id = build_input.input)
      update build set state = 'cancelled', ended_at = now(), message = 'nobody waits for it any more'
      where id in (select id from candidate except select id from wanted) and state in %1$s
      returning id""".formatted(BuildSql.LIVE);

  private final JdbcTemplate jdbc;
  private final TransactionTemplate transaction;

  SqlWishes(JdbcTemplate jdbc, PlatformTransactionManager transactions) {
    this.jdbc = jdbc;
    this.transaction = new TransactionTemplate(transactions);
  }

  @Override
  public boolean want(UUID build, Wish wish) {
    return inTransaction(() -> {
      raise(List.of(build), wish);
      wish.replica().ifPresent(replica -> wish(replica, List.of(build)));
      Integer live = jdbc.queryForObject(IS_LIVE, Integer.class, build);
      boolean isLive = live != null && live > 0;
      if (!isLive) {
        wish.replica().ifPresent(replica -> leave(replica, List.of(build), Duration.ZERO));
      }
      return isLive;
    });
  }

  /** Makes builds that are live as urgent as {@code wish}, and kept if it says so, with all that they wait for. */
  void raise(Collection<UUID> builds, Wish wish) {
    jdbc.update(RAISE, wish.priority().level(), wish.isKept(), wish.requester(), BuildSql.array(builds));
  }

  /** The same, in a transaction of its own. */
  void raiseAlone(Collection<UUID> builds, Wish wish) {
    inTransaction(() -> {
      raise(builds, wish);
      return builds;
    });
  }

  /** Within the caller's transaction. */
  void wish(UUID replica, Collection<UUID> builds) {
    jdbc.update(WISH, replica, BuildSql.array(builds));
  }

  @Override
  public void renew(UUID replica, Collection<UUID> builds) {
    inTransaction(() -> {
      wish(replica, builds);
      return builds;
    });
  }

  @Override
  public void leave(UUID replica, Collection<UUID> builds, Duration grace) {
    jdbc.update(LEAVE, BuildSql.interval(grace), replica, BuildSql.array(builds));
  }

  @Override
  public List<UUID> cancelAbandoned(Duration grace) {
    String interval = BuildSql.interval(grace);
    if (!Boolean.TRUE.equals(jdbc.queryForObject(HAS_EXPIRED, Boolean.class, interval))) {
      return List.of();
    }
    return inTransaction(() -> {
      List<UUID> left = jdbc.query(SEE_OFF, (row, _) -> BuildSql.id(row, 1), interval, BATCH);
      List<UUID> candidates = jdbc.query(CANDIDATES, (row, _) -> BuildSql.id(row, 1), (Object) BuildSql.array(left));
      return candidates.isEmpty()
          ? List.of()
          : jdbc.query(CANCEL, (row, _) -> BuildSql.id(row, 1), (Object) BuildSql.array(candidates));
    });
  }

  /** Once more where others lock the same builds in another order. */
  private <T> T inTransaction(Supplier<T> work) {
    for (int attempt = 1;; attempt++) {
      try {
        return Objects.requireNonNull(transaction.execute(_ -> work.get()));
      } catch (PessimisticLockingFailureException e) {
        log.debug("wishes, attempt {}", attempt, e);
        if (attempt == TRIES) {
          throw e;
        }
      }
    }
  }
}
