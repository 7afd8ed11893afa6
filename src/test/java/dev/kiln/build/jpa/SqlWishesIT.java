package dev.kiln.build.jpa;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;

import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.build.BuildMeasures;
import dev.kiln.build.BuildOrder;
import dev.kiln.build.Claim;
import dev.kiln.build.LiveBuilds;
import dev.kiln.build.Misfits;
import dev.kiln.build.Priority;
import dev.kiln.build.Replicas;
import dev.kiln.build.Submission.Accepted;
import dev.kiln.build.Wish;
import dev.kiln.build.Wishes;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.BuildInvariants;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Recipes;

import static org.assertj.core.api.Assertions.assertThat;

/** Which builds go on for whom, which are begun first, and which by whom: in the database, beside a Kiln that leaves them alone. */
@KilnTest
@TestPropertySource(properties = {"kiln.build.max-jobs=0", "kiln.build.poll=1h", "kiln.build.lease=1h"})
class SqlWishesIT {

  private static final Duration LEASE = Duration.ofHours(1);
  private static final Duration NO_GRACE = Duration.ZERO;
  private static final Optional<Set<String>> OFFERS = Optional.of(Set.of("x86_64-linux", "aarch64-linux"));
  private static final BuildFailure FAILURE = new BuildFailure(Kind.BUILDER_FAILED, "it failed",
      OptionalInt.of(1), Optional.empty());

  @Autowired
  LiveBuilds live;

  @Autowired
  Wishes wishes;

  @Autowired
  Misfits misfits;

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
    return new BuildOrder(known.path(),
        Arrays.stream(inputs).map(input -> input.path().hash()).collect(Collectors.toSet()), height);
  }

  private UUID submitTop(Wish wish) {
    return submit(wish, top, order(leaf, 2), order(left, 1, leaf), order(right, 1, leaf), order(top, 0, left, right));
  }

  private UUID submit(Wish wish, KnownDerivation wanted, BuildOrder... orders) {
    return ((Accepted) live.submit(List.of(orders), wanted.path(), wish)).wanted();
  }

  private static Wish whileHere(UUID replica) {
    return new Wish("reader", Priority.INTERACTIVE, Optional.of(replica));
  }

  private static Wish inAnyCase(String name, Priority priority) {
    return new Wish(name, priority, Optional.empty());
  }

  private UUID id(KnownDerivation known) {
    return live.find(Set.of(known.path().hash())).orElseThrow().build();
  }

  /** @return the names of the derivations in each state */
  private Map<String, Set<String>> states() {
    Map<String, Set<String>> states = new TreeMap<>();
    jdbc.query("select state, replace(derivation_name, '.drv', '') from build", row -> {
      states.computeIfAbsent(row.getString(1), _ -> new TreeSet<>()).add(row.getString(2));
    });
    return states;
  }

  private Claim claim(UUID replica) {
    return live.claim(replica, List.of()).orElseThrow();
  }

  private String claimName() {
    return live.claim(here, List.of()).map(claim -> claim.derivation().name().value().replace(".drv", "")).orElse("");
  }

  @Test
  void cancelWhatIsAbandonedWithAllThatWasBegunForIt() {
    UUID wanted = submitTop(whileHere(here));
    Claim running = claim(there);
    assertThat(wishes.cancelAbandoned(NO_GRACE)).as("while its reader waits").isEmpty();
    wishes.leave(here, List.of(wanted), Duration.ofHours(1));
    assertThat(wishes.cancelAbandoned(NO_GRACE)).as("while it may come back").isEmpty();
    wishes.leave(here, List.of(wanted), NO_GRACE);
    assertThat(wishes.cancelAbandoned(NO_GRACE)).hasSize(4).contains(wanted, running.build());
    assertThat(states()).isEqualTo(Map.of("cancelled", Set.of("leaf", "left", "right", "top")));
    assertThat(jdbc.queryForList("select * from build_interest")).isEmpty();
    BuildInvariants.checkNothingIsLive(jdbc);
  }

  @Test
  void spareWhatAnotherReaderOrBuildWants() {
    UUID wanted = submitTop(whileHere(here));
    // a reader on another replica wants one input
    assertThat(wishes.want(id(left), whileHere(there))).isTrue();
    wishes.leave(here, List.of(wanted), NO_GRACE);
    assertThat(wishes.cancelAbandoned(NO_GRACE)).hasSize(2);
    assertThat(states())
        .isEqualTo(Map.of("cancelled", Set.of("right", "top"), "queued", Set.of("leaf"), "waiting", Set.of("left")));
    BuildInvariants.check(jdbc);
    // somebody else's build, which is kept, comes to wait for the other
    UUID second = submit(inAnyCase("other", Priority.BACKGROUND), right, order(leaf, 1), order(right, 0, leaf));
    wishes.leave(there, List.of(id(left)), NO_GRACE);
    assertThat(wishes.cancelAbandoned(NO_GRACE)).hasSize(1);
    assertThat(states()).containsEntry("queued", Set.of("leaf")).containsEntry("waiting", Set.of("right"));
    assertThat(id(right)).isEqualTo(second);
    BuildInvariants.check(jdbc);
  }

  @Test
  void keepWhatOneWantsInAnyCase() {
    UUID wanted = submitTop(whileHere(here));
    assertThat(wishes.want(wanted, inAnyCase("other", Priority.BACKGROUND))).isTrue();
    wishes.leave(here, List.of(wanted), NO_GRACE);
    assertThat(wishes.cancelAbandoned(NO_GRACE)).isEmpty();
    assertThat(jdbc.queryForObject("select count(*) from build where kept", Integer.class)).isEqualTo(4);
  }

  @Test
  void endWithTheLeaseOfAReplicaThatDied() {
    submitTop(whileHere(here));
    replicas.leave(here);
    assertThat(wishes.cancelAbandoned(Duration.ofHours(1))).as("while its readers may come back").isEmpty();
    assertThat(wishes.cancelAbandoned(NO_GRACE)).hasSize(4);
  }

  @Test
  void areNoMoreWhenTheBuildHasEnded() {
    UUID wanted = submitTop(whileHere(here));
    live.cancel(wanted, "not wanted");
    assertThat(wishes.want(wanted, whileHere(there))).isFalse();
    assertThat(wishes.want(wanted, inAnyCase("other", Priority.NORMAL))).isFalse();
    // what was begun for it goes on until its reader has left
    assertThat(states()).containsEntry("queued", Set.of("leaf"));
    wishes.leave(here, List.of(wanted), NO_GRACE);
    wishes.leave(there, List.of(wanted), NO_GRACE);
    assertThat(wishes.cancelAbandoned(NO_GRACE)).hasSize(3);
    BuildInvariants.checkNothingIsLive(jdbc);
  }

  @Test
  void ofReadersThatComeAndGoAtOnceLeaveNothingHalfCancelled() throws Exception {
    for (int round = 0; round < 30; round++) {
      UUID wanted = submitTop(whileHere(here));
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        wishes.leave(here, List.of(wanted), NO_GRACE);
        Future<List<UUID>> cancelled = threads.submit(() -> wishes.cancelAbandoned(NO_GRACE));
        Future<Boolean> joined = threads.submit(() -> wishes.want(wanted, whileHere(there)));
        assertThat(joined.get()).as("joined; cancelled: " + cancelled.get()).isNotEqualTo(!cancelled.get().isEmpty());
      }
      BuildInvariants.check(jdbc);
      jdbc.update("truncate build cascade");
    }
  }

  @Test
  void beginTheMoreUrgentFirstAndWhatItNeedsBeforeAllElse() {
    submit(inAnyCase("batch", Priority.BACKGROUND), top, order(leaf, 2), order(left, 1, leaf), order(right, 1, leaf),
        order(top, 0, left, right));
    List<KnownDerivation> others = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      others.add(recipes.script("normal-" + i, "true"));
    }
    derivations.register(others);
    others.forEach(other -> submit(inAnyCase("somebody", Priority.NORMAL), other, order(other, 100)));
    // somebody waits for the top now, and by that for the leaf
    assertThat(wishes.want(id(top), inAnyCase("batch", Priority.INTERACTIVE))).isTrue();
    Claim first = claim(here);
    assertThat(first.derivation()).isEqualTo(leaf.path());
    live.succeed(first, 0, BuildMeasures.NONE);
    assertThat(List.of(claimName(), claimName(), claimName())).contains("left", "right").doesNotContain("top");
  }

  @Test
  void beginTheHighestOfOneRequesterFirst() {
    List<KnownDerivation> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.add(recipes.script("h-" + i, "true"));
    }
    derivations.register(all);
    for (int i : new int[]{2, 4, 0, 3, 1}) {
      submit(inAnyCase("one", Priority.NORMAL), all.get(i), order(all.get(i), i));
    }
    assertThat(List.of(claimName(), claimName(), claimName(), claimName(), claimName(), claimName()))
        .containsExactly("h-4", "h-3", "h-2", "h-1", "h-0", "");
  }

  @Test
  void takeTurnsBetweenRequestersHoweverManyBuildsEachHas() {
    jdbcBuilds("many", 10_000, 50);
    KnownDerivation single = recipes.script("single", "true");
    KnownDerivation shared = recipes.script("shared", "true");
    derivations.register(List.of(single, shared));
    submit(inAnyCase("few", Priority.NORMAL), single, order(single, 0));
    List<String> first = List.of(claimName(), claimName());
    assertThat(first).contains("single");
    // of 10,000 that one wants, another wants one
    submit(inAnyCase("many", Priority.NORMAL), shared, order(shared, 0));
    assertThat(wishes.want(id(shared), inAnyCase("few", Priority.NORMAL))).isTrue();
    assertThat(List.of(claimName(), claimName())).contains("shared");
  }

  /** Queues builds of derivations that are rows only. */
  private void jdbcBuilds(String requester, int count, int height) {
    jdbc.update("""
        insert into derivation (hash, name, aterm, modulo, registered_at)
        select substring(sha256(convert_to('fair ' || i, 'UTF8')) for 20), 'fair-' || i || '.drv', '', '', now()
        from generate_series(1, ?) i on conflict do nothing""", count);
    jdbc.update("""
        insert into build (id, derivation, derivation_name, state, requested_by, requester, lane, height)
        select gen_random_uuid(), hash, name, 'queued', ?, ?, ?, ? from derivation where name like 'fair-%'""",
        requester,
        requester.hashCode(), requester.hashCode(), height);
  }

  @Test
  void areRunByReplicasThatOfferWhatTheyNeed() {
    jdbc.update("update derivation set needs = 'mips-linux' where hash = ?", leaf.path().hash().toByteArray());
    UUID mips = UUID.randomUUID();
    replicas.join(mips, "mips", LEASE, Optional.of(Set.of("mips-linux", "+kvm")));
    submit(inAnyCase("one", Priority.NORMAL), leaf, order(leaf, 5));
    submit(inAnyCase("one", Priority.NORMAL), left, order(left, 0));
    assertThat(claim(here).derivation()).isEqualTo(left.path());
    assertThat(live.claim(here, List.of())).isEmpty();
    assertThat(misfits.find(NO_GRACE)).isEmpty();
    Claim claim = claim(mips);
    assertThat(claim.derivation()).isEqualTo(leaf.path());
    live.giveBack(claim, Duration.ZERO, false);
    replicas.leave(mips);
    assertThat(misfits.find(Duration.ofHours(1))).as("while it may come back").isEmpty();
    assertThat(misfits.find(NO_GRACE)).singleElement().satisfies(misfit -> {
      assertThat(misfit.build()).isEqualTo(claim.build());
      assertThat(misfit.lastSeen().map(Misfits.LastSeen::address)).contains("mips");
    });
    assertThat(misfits.refuse(claim.build(), FAILURE)).containsExactly(claim.build());
    assertThat(misfits.refuse(claim.build(), FAILURE)).isEmpty();
    assertThat(misfits.find(NO_GRACE)).isEmpty();
    jdbc.update("update derivation set needs = null where hash = ?", leaf.path().hash().toByteArray());
  }

  @Test
  void needWhatTheirDerivationsSay() {
    KnownDerivation known = recipes.script("needy-" + System.nanoTime(), "true");
    derivations.register(List.of(known));
    submit(inAnyCase("one", Priority.NORMAL), known, order(known, 0));
    assertThat(jdbc.queryForObject("select needs from build", String.class))
        .isEqualTo(known.derivation().system().toString());
  }
}
