package dev.kiln.derivation.jpa;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.Recipes;
import dev.kiln.harness.ScratchKilnTest;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@ScratchKilnTest
class JpaDerivationsIT {

  private static final StorePath SOURCE = StorePath.parseBaseName("0000000000000000000000000000000a-source");

  @Autowired
  Derivations derivations;

  @Autowired
  JdbcTemplate jdbc;

  private final Recipes recipes = new Recipes();

  @BeforeEach
  void empty() {
    jdbc.update("truncate derivation cascade");
  }

  @Test
  void findNothingThatWasNotRegistered() {
    KnownDerivation never = recipes.script("never", "true");
    assertThat(derivations.find(never.path().hash())).isEmpty();
    assertThat(derivations.known(List.of(never.path().hash()))).isEmpty();
    assertThat(derivations.hashes(List.of())).isEmpty();
    assertThat(derivations.producersOf(Recipes.output(never))).isEmpty();
    assertThat(derivations.closure(never.path().hash())).isEmpty();
    assertThat(derivations.register(List.of())).isZero();
  }

  @Test
  void giveBackWhatWasRegisteredOnce() {
    KnownDerivation input = recipes.script("input", "echo > $out; echo > $dev", List.of("out", "dev"), List.of());
    KnownDerivation user = recipes.script("user", "echo \u00e9 > $out", List.of("out"), List.of(SOURCE), input);
    assertThat(derivations.register(List.of(user, input))).isEqualTo(2);
    assertThat(derivations.register(List.of(input, user))).isZero();
    assertThat(derivations.find(user.path().hash())).contains(user);
    assertThat(derivations.hashes(hashes(user, input)))
        .isEqualTo(Map.of(user.path().hash(), user.hash(), input.path().hash(), input.hash()));
    assertThat(derivations.known(List.of(SOURCE.hash(), user.path().hash()))).containsExactly(user.path().hash());
    assertThat(derivations.outputs(List.of(SOURCE.hash(), input.path().hash())))
        .isEqualTo(Map.of(input.path().hash(), Map.of("out", input.derivation().outputPath("out"), "dev",
            input.derivation().outputPath("dev"))));
    assertThat(derivations.findByOutputHash(user.outputHash())).contains(user.path());
    assertThat(derivations.findByOutputHash(NixHash.sha256Of("nothing"))).isEmpty();
    assertThat(derivations.producersOf(input.derivation().outputPath("dev").orElseThrow()))
        .containsExactly(input.path());
  }

  @Test
  void nameEveryProducerOfAFixedOutputTheOldestFirst() {
    KnownDerivation first = recipes.fixed("fetched", "exit 1", "content", List.of());
    KnownDerivation second = recipes.fixed("fetched", "echo -n content > $out", "content", List.of());
    derivations.register(List.of(first));
    derivations.register(List.of(second));
    assertThat(derivations.producersOf(Recipes.output(second))).containsExactly(first.path(), second.path());
    assertThat(derivations.producersOf(
        StorePath.parseBaseName(Recipes.output(second).hash() + "-of-another-name"))).isEmpty();
  }

  @Test
  void giveTheClosureOfAChainOfFiveThousandWhateverTheOrderItCameIn() {
    List<KnownDerivation> chain = recipes.chain("chain", 5_000);
    assertThat(derivations.register(chain.reversed())).isEqualTo(5_000);
    List<StorePath> closure = derivations.closure(chain.getLast().path().hash());
    assertThat(closure).hasSize(5_000);
    assertThat(Set.copyOf(closure)).isEqualTo(chain.stream().map(KnownDerivation::path).collect(Collectors.toSet()));
    assertThat(derivations.known(hashes(chain.toArray(KnownDerivation[]::new)))).hasSize(5_000);
  }

  @Test
  void areAllOrNone() {
    KnownDerivation absent = recipes.script("absent", "true");
    KnownDerivation needy = recipes.script("needy", "true", absent);
    KnownDerivation fine = recipes.script("fine", "true");
    assertThatThrownBy(() -> derivations.register(List.of(fine, needy)))
        .hasMessageContaining(absent.path() + "' is not known");
    assertThat(derivations.find(fine.path().hash())).isEmpty();
  }

  @Test
  void areRegisteredByManyThreadsAtOnceWithoutADeadlock() throws Exception {
    List<KnownDerivation> chain = recipes.chain("race", 2_000);
    Callable<Integer> forward = () -> derivations.register(chain);
    Callable<Integer> backward = () -> derivations.register(chain.reversed());
    int registered = 0;
    try (var executor = Executors.newFixedThreadPool(4)) {
      for (var count : executor.invokeAll(List.of(forward, backward, forward, backward))) {
        registered += count.get();
      }
    }
    assertThat(registered).isEqualTo(2_000);
    assertThat(derivations.closure(chain.getLast().path().hash())).hasSize(2_000);
  }

  private static List<StorePathHash> hashes(KnownDerivation... known) {
    return List.of(known).stream().map(each -> each.path().hash()).toList();
  }
}
