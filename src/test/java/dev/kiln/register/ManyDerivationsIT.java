package dev.kiln.register;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.jdbc.JdbcTestUtils;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.Client;
import dev.kiln.harness.DerivationTars;
import dev.kiln.harness.GeneratedClosure;
import dev.kiln.harness.Recipes;
import dev.kiln.harness.ScratchKilnTest;

import static org.assertj.core.api.Assertions.assertThat;

/** Closures of nixpkgs' size in one request. */
@ScratchKilnTest
class ManyDerivationsIT {

  private static final int CHAIN = 50_000;

  @Autowired
  JdbcTemplate jdbc;
  @Autowired
  Derivations derivations;
  @LocalServerPort
  int port;
  @Value("${kiln.data-dir}")
  Path data;

  @BeforeEach
  void empty() {
    jdbc.update("truncate build, derivation, path_info cascade");
  }

  private HttpResponse<String> post(byte[] tar) {
    return new Client(port).send("POST", "/api/v1/derivations", tar, "Content-Type", "application/x-tar");
  }

  private int count(String table) {
    return JdbcTestUtils.countRowsInTable(jdbc, table);
  }

  private static <T> List<T> shuffled(List<T> all) {
    List<T> shuffled = new ArrayList<>(all);
    Collections.shuffle(shuffled, new Random(1));
    return shuffled;
  }

  @Test
  void aChainOfFiftyThousandIsRegisteredInWhateverOrderItComes() {
    List<KnownDerivation> chain = new Recipes().chain("deep", CHAIN);
    assertThat(post(DerivationTars.of(shuffled(chain))).body()).contains("\"registered\":" + CHAIN);
    assertThat(derivations.find(chain.getLast().path().hash())).contains(chain.getLast());
    assertThat(derivations.find(chain.getFirst().path().hash())).contains(chain.getFirst());
    assertThat(count("derivation_input")).isEqualTo(CHAIN - 1);
    HttpResponse<String> plan = new Client(port)
        .get("/api/v1/derivations/" + chain.getLast().path().baseName() + "/plan");
    assertThat(plan.statusCode()).isEqualTo(200);
    assertThat(plan.body().split("\\.drv\"", -1)).hasSize(CHAIN + 1);
  }

  @Test
  void whatIsRegisteredIsWhatWasSentAndOnceMoreChangesNothing() {
    List<KnownDerivation> closure = new GeneratedClosure(7).next(3_000);
    byte[] tar = DerivationTars.of(shuffled(closure));
    assertThat(post(tar).body()).contains("\"registered\":3000", "\"alreadyKnown\":0", "-source-1.sh");
    for (KnownDerivation known : closure.subList(2_900, 3_000)) {
      assertThat(derivations.find(known.path().hash())).contains(known);
    }
    assertThat(count("derivation_input")).isEqualTo(closure.stream()
        .mapToInt(
            known -> known.derivation().inputDerivations().values().stream().mapToInt(names -> names.size()).sum())
        .sum());
    assertThat(count("derivation_output"))
        .isEqualTo(closure.stream().mapToInt(known -> known.derivation().outputs().size()).sum());
    assertThat(post(tar).body()).contains("\"registered\":0", "\"alreadyKnown\":3000");
  }

  @Test
  void halfOfAClosureIsTakenAfterTheOtherButNotBefore() {
    List<KnownDerivation> closure = new GeneratedClosure(8).next(1_000);
    byte[] upper = DerivationTars.of(shuffled(closure.subList(500, 1_000)));
    HttpResponse<String> refused = post(upper);
    assertThat(refused.statusCode()).isEqualTo(422);
    assertThat(refused.body()).contains("unknown-inputs");
    assertThat(count("derivation")).isZero();
    assertThat(post(DerivationTars.of(shuffled(closure.subList(0, 500)))).body()).contains("\"registered\":500");
    assertThat(post(upper).body()).contains("\"registered\":500");
  }

  @Test
  void oneBadDerivationAtTheEndMakesAllOfThemRefusedAndNothingIsLeft() throws IOException {
    List<KnownDerivation> closure = new GeneratedClosure(9).next(2_000);
    DerivationTars tar = new DerivationTars();
    closure.forEach(known -> tar.add(known.path().baseName(), known.file().aterm()));
    KnownDerivation bad = new Recipes().script("bad", "true");
    tar.add(bad.path().baseName(), ByteString.utf8(bad.file().aterm().toString().replace("true", "evil")));
    HttpResponse<String> refused = post(tar.end());
    assertThat(refused.statusCode()).isEqualTo(422);
    assertThat(refused.body()).contains("bad.drv");
    assertThat(count("derivation")).isZero();
    try (Stream<Path> files = Files.list(data)) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())))
          .noneMatch(name -> name.contains("derivations-"));
    }
  }

  @Test
  void closuresThatOverlapAreRegisteredAtOnceWithoutADeadlock() throws Exception {
    List<KnownDerivation> closure = new GeneratedClosure(10).next(3_000);
    List<Callable<HttpResponse<String>>> requests = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      byte[] tar = DerivationTars.of(shuffled(closure.subList(0, 1_500 + i * 500)));
      requests.add(() -> post(tar));
    }
    try (var executor = Executors.newFixedThreadPool(4)) {
      for (var response : executor.invokeAll(requests)) {
        assertThat(response.get().statusCode()).as(response.get().body()).isEqualTo(200);
      }
    }
    assertThat(count("derivation")).isEqualTo(3_000);
  }
}
