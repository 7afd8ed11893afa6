package dev.kiln.build.jpa;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

import dev.kiln.build.Build;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.build.BuildState;
import dev.kiln.build.BuildState.Failed;
import dev.kiln.build.BuildState.Lost;
import dev.kiln.build.BuildState.Queued;
import dev.kiln.build.BuildState.Running;
import dev.kiln.build.BuildState.Succeeded;
import dev.kiln.build.Builds;
import dev.kiln.build.Builds.Filter;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.Recipes;
import dev.kiln.harness.ScratchKilnTest;

import static org.assertj.core.api.Assertions.assertThat;

@ScratchKilnTest
class JpaBuildsIT {

  private static final Instant T0 = Instant.parse("2026-01-02T03:04:05.123456Z");
  private static final Filter ANY = new Filter(Optional.empty(), Optional.empty());

  @Autowired
  Builds builds;

  @Autowired
  Derivations derivations;

  @Autowired
  JdbcTemplate jdbc;

  private final Recipes recipes = new Recipes();
  private final KnownDerivation one = recipes.script("one", "true");
  private final KnownDerivation two = recipes.script("two", "true");

  @BeforeEach
  void empty() {
    jdbc.update("truncate build cascade");
    derivations.register(List.of(one, two));
  }

  @Test
  void goFromQueuedOverRunningToSucceeded() {
    UUID id = submit(one, T0);
    assertThat(builds.find(id)).contains(new Build(id, one.path(), T0, new Queued(), 0));
    builds.start(id, T0.plusSeconds(1));
    assertThat(state(id)).isEqualTo(new Running(T0.plusSeconds(1)));
    builds.succeed(id, T0.plusSeconds(2), 77);
    Build succeeded = new Build(id, one.path(), T0, new Succeeded(T0.plusSeconds(1), T0.plusSeconds(2)), 77);
    assertThat(builds.find(id)).contains(succeeded);
  }

  @Test
  void keepHowTheyEndedWhateverIsSaidLater() {
    UUID id = submit(one, T0);
    builds.start(id, T0);
    builds.succeed(id, T0, 0);
    builds.start(id, T0.plusSeconds(9));
    builds.fail(id, T0.plusSeconds(9), failure(Optional.empty()), 0);
    builds.failAll(List.of(id), T0.plusSeconds(9), failure(Optional.empty()));
    assertThat(builds.loseLive(T0.plusSeconds(9))).isZero();
    assertThat(state(id)).isEqualTo(new Succeeded(T0, T0));
  }

  @Test
  void tellWhyTheyFailed() {
    UUID id = submit(one, T0);
    builds.start(id, T0);
    BuildFailure failure = new BuildFailure(Kind.BUILDER_FAILED, "nul \0 and \ud83d\ude00", OptionalInt.of(137),
        Optional.empty());
    builds.fail(id, T0.plusSeconds(1), failure, 5);
    assertThat(state(id)).isEqualTo(new Failed(Optional.of(T0), T0.plusSeconds(1),
        new BuildFailure(Kind.BUILDER_FAILED, "nul \ufffd and \ud83d\ude00", OptionalInt.of(137), Optional.empty())));
  }

  @Test
  void failByTheThousandForOneReason() {
    UUID root = submit(one, T0);
    List<Build> many = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      many.add(new Build(UUID.randomUUID(), two.path(), T0, new Queued(), 0));
    }
    builds.submit(many);
    BuildFailure failure = failure(Optional.of(root));
    builds.failAll(many.stream().map(Build::id).toList(), T0.plusSeconds(1), failure);
    builds.failAll(List.of(), T0, failure);
    assertThat(many).allSatisfy(
        build -> assertThat(state(build.id())).isEqualTo(new Failed(Optional.empty(), T0.plusSeconds(1), failure)));
    assertThat(state(root)).isEqualTo(new Queued());
  }

  @Test
  void areListedTheNewestFirstByDerivationStateAndPage() {
    UUID oldest = submit(one, T0);
    UUID middle = submit(two, T0.plusSeconds(1));
    UUID newest = submit(one, T0.plusSeconds(2));
    builds.start(newest, T0);
    assertThat(ids(ANY, 0, 10)).containsExactly(newest, middle, oldest);
    assertThat(ids(ANY, 1, 1)).containsExactly(middle);
    assertThat(ids(ANY, 3, 10)).isEmpty();
    assertThat(ids(new Filter(Optional.of(one.path()), Optional.empty()), 0, 10)).containsExactly(newest, oldest);
    assertThat(ids(new Filter(Optional.empty(), Optional.of("queued")), 0, 10)).containsExactly(middle, oldest);
    assertThat(ids(new Filter(Optional.of(one.path()), Optional.of("running")), 0, 10)).containsExactly(newest);
  }

  @Test
  void areLostWhenKilnStopsBeforeTheyEnd() {
    UUID queued = submit(one, T0);
    UUID running = submit(two, T0);
    builds.start(running, T0);
    assertThat(builds.loseLive(T0.plusSeconds(5))).isEqualTo(2);
    assertThat(state(queued)).isEqualTo(new Lost(Optional.empty(), T0.plusSeconds(5)));
    assertThat(state(running)).isEqualTo(new Lost(Optional.of(T0), T0.plusSeconds(5)));
  }

  private static BuildFailure failure(Optional<UUID> input) {
    return new BuildFailure(Kind.INPUT_FAILED, "it needs what failed", OptionalInt.empty(), input);
  }

  private UUID submit(KnownDerivation derivation, Instant at) {
    UUID id = UUID.randomUUID();
    builds.submit(List.of(new Build(id, derivation.path(), at, new Queued(), 0)));
    return id;
  }

  private BuildState state(UUID id) {
    return builds.find(id).orElseThrow().state();
  }

  private List<UUID> ids(Filter filter, int offset, int limit) {
    return builds.list(filter, offset, limit).stream().map(Build::id).toList();
  }
}
