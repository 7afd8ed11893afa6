package dev.kiln.build.jpa;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;

import dev.kiln.build.Build;
import dev.kiln.build.BuildEnd;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.build.BuildMeasures;
import dev.kiln.build.BuildOrder;
import dev.kiln.build.BuildState;
import dev.kiln.build.BuildState.Cancelled;
import dev.kiln.build.BuildState.Failed;
import dev.kiln.build.BuildState.Queued;
import dev.kiln.build.BuildState.Running;
import dev.kiln.build.BuildState.Succeeded;
import dev.kiln.build.BuildState.Waiting;
import dev.kiln.build.Builds;
import dev.kiln.build.Builds.Filter;
import dev.kiln.build.Claim;
import dev.kiln.build.LiveBuilds;
import dev.kiln.build.LostClaimException;
import dev.kiln.build.Priority;
import dev.kiln.build.Replicas;
import dev.kiln.build.Submission;
import dev.kiln.build.Submission.Accepted;
import dev.kiln.build.Submission.Remembered;
import dev.kiln.build.Wish;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.BuildInvariants;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Recipes;
import dev.kiln.storepath.StorePathHash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The life of builds in the database, beside a Kiln that leaves them alone. */
@KilnTest
@TestPropertySource(properties = {"kiln.build.max-jobs=0", "kiln.build.poll=1h", "kiln.build.lease=1h"})
class SqlLiveBuildsIT {

  private static final Duration LEASE = Duration.ofHours(1);
  private static final Optional<Set<String>> OFFERS = Optional.of(Set.of("x86_64-linux", "aarch64-linux"));
  private static final Wish WISH = new Wish("test", Priority.NORMAL, Optional.empty());
  private static final BuildFailure FAILURE = new BuildFailure(Kind.BUILDER_FAILED, "nul \0 and \ud83d\ude00",
      OptionalInt.of(137), Optional.empty());

  @Autowired
  LiveBuilds live;

  @Autowired
  Builds builds;

  @Autowired
  Replicas replicas;

  @Autowired
  Derivations derivations;

  @Autowired
  JdbcTemplate jdbc;

  private final UUID here = UUID.randomUUID();
  private final UUID there = UUID.randomUUID();
  private final Recipes recipes = new Recipes();
  private final KnownDerivation leaf = recipes.script("leaf", "true");
  private final KnownDerivation left = recipes.script("left", "true", leaf);
  private final KnownDerivation right = recipes.script("right", "true", leaf);
  private final KnownDerivation top = recipes.script("top", "true", left, right);

  @BeforeEach
  void empty() {
    jdbc.update("truncate build, replica cascade");
    derivations.register(List.of(leaf, left, right, top));
    replicas.join(here, "here", LEASE, OFFERS);
    replicas.join(there, "there", LEASE, OFFERS);
  }

  private static BuildOrder order(KnownDerivation known, int height, KnownDerivation... inputs) {
    return new BuildOrder(known.path(), hashes(inputs), height);
  }

  private static Set<StorePathHash> hashes(KnownDerivation... all) {
    return Arrays.stream(all).map(known -> known.path().hash()).collect(Collectors.toSet());
  }

  private UUID submitDiamond() {
    return submit(List.of(order(leaf, 2), order(left, 1, leaf), order(right, 1, leaf), order(top, 0, left, right)),
        top);
  }

  private UUID submit(List<BuildOrder> orders, KnownDerivation wanted) {
    return ((Accepted) live.submit(orders, wanted.path(), WISH)).wanted();
  }

  private Claim claim(UUID replica) {
    return live.claim(replica, List.of()).orElseThrow();
  }

  private UUID id(KnownDerivation known) {
    return live.find(hashes(known)).orElseThrow().build();
  }

  private BuildState state(UUID build) {
    return builds.find(build).orElseThrow().state();
  }

  @Test
  void runAfterTheirInputs() {
    UUID wanted = submitDiamond();
    UUID leftId = id(left);
    assertThat(state(wanted)).isEqualTo(new Waiting());
    assertThat(state(id(leaf))).isEqualTo(new Queued());
    Claim first = claim(here);
    assertThat(first.derivation()).isEqualTo(leaf.path());
    assertThat(state(first.build())).isInstanceOf(Running.class);
    assertThat(live.claim(there, List.of())).isEmpty();
    assertThat(live.succeed(first, 77, BuildMeasures.NONE)).isEqualTo(2);
    Claim second = claim(here);
    Claim third = claim(there);
    assertThat(List.of(second.derivation(), third.derivation())).containsExactlyInAnyOrder(left.path(), right.path());
    assertThat(live.succeed(second, 0, BuildMeasures.NONE)).isZero();
    assertThat(live.succeed(third, 0, BuildMeasures.NONE)).isEqualTo(1);
    Claim last = claim(there);
    assertThat(last.build()).isEqualTo(wanted);
    assertThat(live.succeed(last, 0, BuildMeasures.NONE)).isZero();
    assertThat(state(wanted)).isInstanceOf(Succeeded.class);
    assertThat(builds.find(first.build()).orElseThrow().logSize()).isEqualTo(77);
    assertThat(live.ended(List.of(wanted, leftId))).extracting(end -> end.build().id())
        .containsExactlyInAnyOrder(wanted, leftId);
    BuildInvariants.check(jdbc);
  }

  @Test
  void areLiveOnceForADerivation() {
    UUID first = submitDiamond();
    assertThat(submitDiamond()).isEqualTo(first);
    Claim leafs = claim(here);
    assertThat(submit(List.of(order(leaf, 1), order(left, 0, leaf)), left)).isEqualTo(id(left));
    assertThat(builds.list(new Filter(Optional.empty(), Optional.empty()), 0, 10)).hasSize(4);
    live.succeed(leafs, 0, BuildMeasures.NONE);
    // that of a derivation whose outputs are not here: it is to be built again
    assertThat(submit(List.of(order(leaf, 0)), leaf)).isNotEqualTo(leafs.build());
    BuildInvariants.check(jdbc);
  }

  @Test
  void areNotSubmittedForWhatIsHereAlready() {
    register(leaf);
    assertThat(live.submit(List.of(order(leaf, 0)), leaf.path(), WISH)).isEqualTo(new Submission.OutOfDate());
    UUID wanted = submit(List.of(order(leaf, 1), order(left, 0, leaf)), left);
    assertThat(state(wanted)).isEqualTo(new Queued());
    assertThat(live.find(hashes(leaf))).isEmpty();
    jdbc.update("truncate path_info cascade");
    BuildInvariants.check(jdbc);
  }

  /** Without content, which nobody reads here. */
  private void register(KnownDerivation known) {
    jdbc.update("""
        insert into path_info (hash, name, root_type, root_target, nar_sha256, nar_size, registered_at)
        values (?, ?, 'symlink', 'x', ?, 8, now())""", Recipes.output(known).hash().toByteArray(),
        Recipes.output(known).name().value(), new byte[32]);
  }

  @Test
  void failWithAllThatWaitForThem() {
    UUID wanted = submitDiamond();
    Claim claim = claim(here);
    assertThat(live.fail(claim, FAILURE, 5, Duration.ZERO)).hasSize(4).contains(wanted, claim.build());
    BuildEnd end = live.ended(List.of(wanted)).getFirst();
    assertThat(end.root().map(Build::id)).contains(claim.build());
    assertThat(end.build().state()).isInstanceOfSatisfying(Failed.class, failed -> {
      assertThat(failed.failure().kind()).isEqualTo(Kind.INPUT_FAILED);
      assertThat(failed.failure().failedInput()).contains(claim.build());
      assertThat(failed.failure().message()).contains(leaf.path().toString());
      assertThat(failed.startedAt()).isEmpty();
    });
    assertThat(state(claim.build())).isInstanceOfSatisfying(Failed.class,
        failed -> assertThat(failed.failure()).isEqualTo(new BuildFailure(Kind.BUILDER_FAILED,
            "nul \ufffd and \ud83d\ude00", OptionalInt.of(137), Optional.empty())));
    BuildInvariants.check(jdbc);
  }

  @Test
  void areNotBegunAgainWhileTheirFailureIsRemembered() {
    submitDiamond();
    Claim failed = claim(here);
    live.fail(failed, FAILURE, 0, Duration.ofHours(1));
    assertThat(live.submit(List.of(order(leaf, 1), order(left, 0, leaf)), left.path(), WISH))
        .isInstanceOfSatisfying(Remembered.class, it -> assertThat(it.failed().id()).isEqualTo(failed.build()));
    assertThat(live.find(hashes(leaf, left))).contains(new LiveBuilds.Live(failed.build(), leaf.path(), true));
    assertThat(live.find(hashes(left))).isEmpty();
    UUID failedFor = builds.list(new Filter(Optional.of(top.path()), Optional.empty()), 0, 1).getFirst().id();
    live.forget(failedFor);
    assertThat(state(submit(List.of(order(leaf, 0)), leaf))).isEqualTo(new Queued());
    BuildInvariants.check(jdbc);
  }

  @Test
  void canBeEndedOnlyByWhoTookThemLast() {
    submitDiamond();
    Claim old = claim(here);
    live.giveBack(old, Duration.ZERO, true);
    assertThat(live.claim(here, List.of(old.build()))).isEmpty();
    Claim now = claim(here);
    assertThat(now.fence()).isGreaterThan(old.fence());
    assertThat(now.attempt()).isEqualTo(2);
    assertThatThrownBy(() -> live.succeed(old, 0, BuildMeasures.NONE)).isInstanceOf(LostClaimException.class);
    assertThatThrownBy(() -> live.fail(old, FAILURE, 0, Duration.ZERO)).isInstanceOf(LostClaimException.class);
    assertThatThrownBy(() -> live.giveBack(old, Duration.ZERO, false)).isInstanceOf(LostClaimException.class);
    assertThatThrownBy(() -> live.waitFor(old, right.path())).isInstanceOf(LostClaimException.class);
    assertThat(live.find(hashes(right)).map(LiveBuilds.Live::derivation)).contains(right.path());
    assertThat(live.succeed(now, 0, BuildMeasures.NONE)).isEqualTo(2);
    // as after a commit whose answer was lost
    assertThat(live.succeed(now, 0, BuildMeasures.NONE)).isZero();
    BuildInvariants.check(jdbc);
  }

  @Test
  void areLostWithTheLease() {
    submitDiamond();
    Claim claim = claim(here);
    assertThat(live.abandoned()).isEmpty();
    replicas.leave(here);
    assertThat(replicas.renew(here, LEASE)).isEqualTo(new Replicas.Renewal(false, 1));
    assertThatThrownBy(() -> live.succeed(claim, 0, BuildMeasures.NONE)).isInstanceOf(LostClaimException.class);
    assertThat(live.claim(here, List.of())).isEmpty();
    assertThat(live.abandoned()).containsExactly(claim);
    live.giveBack(claim, Duration.ZERO, true);
    assertThat(claim(there).build()).isEqualTo(claim.build());
    assertThat(live.runningOn(there)).hasSize(1);
  }

  @Test
  void areNotBegunBeforeTheirTime() {
    submitDiamond();
    live.giveBack(claim(here), Duration.ofHours(1), true);
    assertThat(live.queued(10)).isZero();
    assertThat(live.claim(here, List.of())).isEmpty();
    jdbc.update("update build set not_before = now() where state = 'queued'");
    assertThat(live.queued(10)).isEqualTo(1);
    assertThat(live.claim(here, List.of())).isPresent();
  }

  @Test
  void areNotBegunByAReplicaThatDrains() {
    submitDiamond();
    replicas.drain(here);
    assertThat(live.claim(here, List.of())).isEmpty();
    assertThat(live.claim(there, List.of())).isPresent();
  }

  @Test
  void waitForWhatTurnsOutToBeNeededFirst() {
    UUID wanted = submit(List.of(order(top, 0)), top);
    assertThat(live.waitFor(claim(here), leaf.path())).isInstanceOf(Accepted.class);
    assertThat(state(wanted)).isEqualTo(new Waiting());
    Claim first = claim(there);
    assertThat(first.derivation()).isEqualTo(leaf.path());
    assertThat(live.succeed(first, 0, BuildMeasures.NONE)).isEqualTo(1);
    assertThat(claim(here).build()).isEqualTo(wanted);
    BuildInvariants.check(jdbc);
  }

  @Test
  void areCancelledWithAllThatWaitForThem() {
    UUID wanted = submitDiamond();
    Claim claim = claim(here);
    assertThat(live.cancel(claim.build(), "not wanted")).hasSize(4).contains(wanted);
    assertThat(live.cancel(claim.build(), "not wanted")).isEmpty();
    assertThat(state(wanted)).isInstanceOfSatisfying(Cancelled.class,
        cancelled -> assertThat(cancelled.message()).contains("leaf.drv"));
    assertThat(live.ended(List.of(wanted)).getFirst().root().map(Build::id)).contains(claim.build());
    assertThatThrownBy(() -> live.succeed(claim, 0, BuildMeasures.NONE)).isInstanceOf(LostClaimException.class);
    BuildInvariants.check(jdbc);
  }

  @Test
  void failByTheThousand() {
    List<KnownDerivation> chain = recipes.chain("long", 3_000);
    derivations.register(chain);
    List<BuildOrder> orders = new ArrayList<>();
    for (int i = 0; i < chain.size(); i++) {
      orders.add(i == 0 ? order(chain.get(0), 0) : order(chain.get(i), 0, chain.get(i - 1)));
    }
    submit(orders, chain.getLast());
    assertThat(live.fail(claim(here), FAILURE, 0, Duration.ZERO)).hasSize(3_000);
    BuildInvariants.check(jdbc);
  }

  @Test
  void areListedTheNewestFirstByDerivationStateAndPage() {
    UUID wanted = submit(List.of(order(leaf, 1), order(left, 0, leaf)), left);
    Claim claim = claim(here);
    UUID later = submit(List.of(order(right, 0)), right);
    Filter any = new Filter(Optional.empty(), Optional.empty());
    assertThat(ids(any, 0, 10)).hasSize(3).startsWith(later).contains(wanted, claim.build());
    assertThat(ids(any, 1, 1)).hasSize(1);
    assertThat(ids(any, 3, 10)).isEmpty();
    assertThat(ids(new Filter(Optional.of(left.path()), Optional.empty()), 0, 10)).containsExactly(wanted);
    assertThat(ids(new Filter(Optional.empty(), Optional.of("queued")), 0, 10)).containsExactly(later);
    assertThat(ids(new Filter(Optional.of(left.path()), Optional.of("running")), 0, 10))
        .isEqualTo(Collections.emptyList());
  }

  private List<UUID> ids(Filter filter, int offset, int limit) {
    return builds.list(filter, offset, limit).stream().map(Build::id).toList();
  }
}
