package dev.kiln.check.jpa;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.stream.IntStream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.build.Replicas;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.check.Check;
import dev.kiln.check.CheckState;
import dev.kiln.check.CheckState.Compared;
import dev.kiln.check.CheckState.Failed;
import dev.kiln.check.CheckState.Lost;
import dev.kiln.check.CheckState.Queued;
import dev.kiln.check.CheckState.Running;
import dev.kiln.check.Checks;
import dev.kiln.check.Difference;
import dev.kiln.check.OutputComparison;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.Recipes;
import dev.kiln.harness.ScratchKilnTest;
import dev.kiln.hash.Blake3;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

@ScratchKilnTest
class JpaChecksIT {

  private static final Instant T0 = Instant.parse("2026-01-02T03:04:05.123456Z");
  private static final StorePath PATH = StorePath.parseBaseName("0000000000000000000000000000000c-path");
  private static final StorePath OTHER = StorePath.parseBaseName("0000000000000000000000000000000d-path");

  @Autowired
  Checks checks;

  @Autowired
  Derivations derivations;

  @Autowired
  Replicas replicas;

  @Autowired
  JdbcTemplate jdbc;

  private final Recipes recipes = new Recipes();
  private final KnownDerivation one = recipes.script("one", "true");
  private final KnownDerivation two = recipes.script("two", "true");
  private final UUID build = UUID.randomUUID();

  private final UUID replica = UUID.randomUUID();

  @BeforeEach
  void empty() {
    jdbc.update("truncate build cascade");
    replicas.join(replica, "here", Duration.ofHours(1), Optional.empty());
    derivations.register(List.of(one, two));
    jdbc.update("""
        insert into build (id, derivation, derivation_name, state, started_at, ended_at)
        values (?, ?, ?, 'succeeded', now(), now())""", build, one.path().hash().toByteArray(),
        one.path().name().value());
  }

  private UUID submit(KnownDerivation derivation, Instant at) {
    Check check = new Check(UUID.randomUUID(), build, derivation.path(), at, new Queued());
    assertThat(checks.submit(check, replica)).isTrue();
    assertThat(checks.find(check.id())).contains(check);
    return check.id();
  }

  private CheckState state(UUID check) {
    return checks.find(check).orElseThrow().state();
  }

  private UUID compared(Instant at, OutputComparison... outputs) {
    UUID check = submit(one, at);
    checks.start(check, at.plusSeconds(1));
    assertThat(state(check)).isEqualTo(new Running(at.plusSeconds(1)));
    checks.compared(check, at.plusSeconds(2), List.of(outputs));
    return check;
  }

  private static OutputComparison same(String output, StorePath path) {
    return new OutputComparison(output, path, path, List.of(), false);
  }

  @Test
  void keepWhatWasCompared() {
    Node directory = new DirectoryNode(Blake3.of(new byte[]{1}), 7);
    Node file = new FileNode(Blake3.of(new byte[]{2}), Long.MAX_VALUE, true);
    Node link = new SymlinkNode(ByteString.copyOf(new byte[]{(byte) 0xff, '\n'}));
    ByteString odd = ByteString.copyOf(new byte[]{'a', '/', (byte) 0x80, '"', '\\'});
    OutputComparison[] outputs = {
        new OutputComparison("dev", PATH, OTHER, List.of(), false),
        new OutputComparison("out", PATH, PATH, List.of(
            new Difference(ByteString.EMPTY, Optional.of(directory), Optional.of(file)),
            new Difference(odd, Optional.of(link), Optional.of(directory)),
            new Difference(ByteString.utf8("b"), Optional.empty(), Optional.of(link)),
            new Difference(ByteString.utf8("c"), Optional.of(file), Optional.empty())), true)};
    UUID check = compared(T0, outputs);
    assertThat(state(check)).isEqualTo(new Compared(T0.plusSeconds(1), T0.plusSeconds(2), List.of(outputs)));
  }

  @Test
  void sayIdenticalOnlyIfAllOutputsAre() {
    compared(T0, same("dev", PATH), same("out", OTHER));
    compared(T0.plusSeconds(1), same("dev", PATH), new OutputComparison("out", OTHER, OTHER, List.of(), true));
    assertThat(jdbc.queryForList("select state from rebuild_check order by submitted_at", String.class))
        .containsExactly("identical", "different");
  }

  @Test
  void keepThousandsOfDifferencesInTheirOrder() {
    List<Difference> many = IntStream.range(0, 3_000).mapToObj(i -> new Difference(
        ByteString.utf8("f" + (9_999 - i)), Optional.of(new SymlinkNode(ByteString.utf8("x"))), Optional.empty()))
        .toList();
    UUID check = compared(T0, new OutputComparison("out", PATH, PATH, many, false));
    assertThat(((Compared) state(check)).outputs().getFirst().differences()).isEqualTo(many);
  }

  @Test
  void areOneAtATimeForEachDerivation() {
    UUID first = submit(one, T0);
    Check second = new Check(UUID.randomUUID(), build, one.path(), T0, new Queued());
    assertThat(checks.submit(second, replica)).isFalse();
    assertThat(checks.find(second.id())).isEmpty();
    assertThat(checks.live(one.path().hash())).map(Check::id).contains(first);
    assertThat(checks.live(two.path().hash())).isEmpty();
    submit(two, T0);
    checks.start(first, T0);
    assertThat(checks.submit(second, replica)).isFalse();
    checks.compared(first, T0, List.of(same("out", PATH)));
    assertThat(checks.live(one.path().hash())).isEmpty();
    assertThat(checks.submit(second, replica)).isTrue();
  }

  @Test
  void keepHowTheyEndedWhateverIsSaidLater() {
    UUID check = compared(T0, same("out", PATH));
    CheckState ended = state(check);
    checks.start(check, T0.plusSeconds(9));
    checks.fail(check, T0.plusSeconds(9), BuildFailure.of(new BuildException.BuilderFailed(1)));
    checks.compared(check, T0.plusSeconds(9), List.of(same("more", PATH)));
    replicas.leave(replica);
    assertThat(checks.loseAbandoned(T0.plusSeconds(9))).isZero();
    assertThat(state(check)).isEqualTo(ended);
  }

  @Test
  void tellWhyNothingWasBuilt() {
    UUID check = submit(one, T0);
    checks.start(check, T0);
    checks.fail(check, T0.plusSeconds(1),
        new BuildFailure(Kind.BUILDER_FAILED, "nul \0", OptionalInt.of(3), Optional.empty()));
    assertThat(state(check)).isEqualTo(new Failed(T0, T0.plusSeconds(1),
        new BuildFailure(Kind.BUILDER_FAILED, "nul \ufffd", OptionalInt.of(3), Optional.empty())));
  }

  @Test
  void areListedTheNewestFirstByBuildAndByPath() {
    UUID oldest = compared(T0, same("out", PATH));
    UUID middle = compared(T0.plusSeconds(5), same("out", OTHER));
    UUID newest = compared(T0.plusSeconds(9), same("out", PATH));
    assertThat(checks.ofBuild(build, 9)).extracting(Check::id).containsExactly(newest, middle, oldest);
    assertThat(checks.ofBuild(build, 1)).extracting(Check::id).containsExactly(newest);
    assertThat(checks.ofBuild(UUID.randomUUID(), 9)).isEmpty();
    assertThat(checks.ofPath(PATH, 9)).extracting(Check::id).containsExactly(newest, oldest);
    assertThat(checks.ofPath(StorePath.parseBaseName(PATH.hash() + "-renamed"), 9)).isEmpty();
  }

  @Test
  void areLostWhenKilnStopsBeforeTheyEnd() {
    UUID queued = submit(one, T0);
    UUID running = submit(two, T0);
    checks.start(running, T0);
    assertThat(checks.loseAbandoned(T0.plusSeconds(5))).isZero();
    replicas.leave(replica);
    assertThat(checks.loseAbandoned(T0.plusSeconds(5))).isEqualTo(2);
    assertThat(state(queued)).isEqualTo(new Lost(Optional.empty(), T0.plusSeconds(5)));
    assertThat(state(running)).isEqualTo(new Lost(Optional.of(T0), T0.plusSeconds(5)));
  }

  /** What a dead Kiln began must not keep others from it. */
  @Test
  void beginAnewWhenTheOneBeforeIsLost() {
    UUID lost = submit(one, T0);
    replicas.leave(replica);
    UUID other = UUID.randomUUID();
    replicas.join(other, "there", Duration.ofHours(1), Optional.empty());
    Check next = new Check(UUID.randomUUID(), build, one.path(), T0.plusSeconds(7), new Queued());
    assertThat(checks.submit(next, other)).isTrue();
    assertThat(state(lost)).isEqualTo(new Lost(Optional.empty(), T0.plusSeconds(7)));
  }
}
