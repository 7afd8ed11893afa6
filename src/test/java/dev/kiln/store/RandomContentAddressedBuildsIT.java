package dev.kiln.store;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.TestPropertySource;

import dev.kiln.derivation.ATermReader;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.NixClient;
import dev.kiln.store.RandomBuildsIT.Said;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * As {@link RandomBuildsIT}, where outputs of most derivations have paths that only their content tells, and those of others follow
 * from these; outputs refer to each other, now and then in a circle.
 */
// a Kiln of its own: it takes no one else's time
@KilnTest
@TestPropertySource(properties = "kiln.build.max-jobs=2")
class RandomContentAddressedBuildsIT {

  private final int builds = Integer.getInteger("kiln.random.builds", 100);
  private final long seed = Long.getLong("kiln.random.seed", 1);
  private final List<String> expressions = new ArrayList<>();

  @Test
  void haveTheSameOutputsFromNixAndKiln(@LocalServerPort int port) throws Exception {
    var nix = new NixClient("experimental-features = nix-command ca-derivations", "sandbox = true", "max-jobs = 2",
        "keep-going = true");
    Path expression = RandomBuildsIT.expression(new RandomExpressions(seed, true), builds, expressions);
    List<String> derivations = nix.run("nix-instantiate", expression.toString()).ok().lines()
        .map(line -> line.replaceFirst("!.*", "")).toList();
    assertThat(derivations).hasSize(builds);
    for (List<String> some : RandomBuildsIT.parts(derivations)) {
      nix.run(RandomBuildsIT.command(List.of("nix-store", "--realise"), some));
    }
    Map<String, Said> infos = new TreeMap<>();
    try (var kiln = new KilnClient(URI.create("http://127.0.0.1:" + port))) {
      kiln.parse(nix.run("nix", "path-info", "--json", "--all").ok())
          .forEach(info -> infos.put(info.get("path").asString(), Said.of(info)));
      Map<String, Map<String, Said>> theirs = new LinkedHashMap<>();
      for (String derivation : new TreeSet<>(derivations)) {
        theirs.put(derivation, built(nix, derivation, infos));
      }
      RandomBuildsIT.push(nix, port, kiln, new TreeSet<>(derivations), infos.keySet());
      assertSame(derivations, theirs, readAll(nix, kiln, theirs.keySet()));
    }
  }

  /** @return what Nix says of the outputs' paths; none if it did not build them */
  private static Map<String, Said> built(NixClient nix, String derivation, Map<String, Said> infos)
      throws IOException {
    NixClient.Result realised = nix.run("nix-store", "--realise", derivation);
    Map<String, Said> said = new TreeMap<>();
    if (realised.exit() == 0) {
      realised.out().lines().forEach(path -> said.put(path, comparable(Objects.requireNonNull(infos.get(path)))));
    }
    return said;
  }

  /**
   * Of several derivations that make the same content, any may be said to have made it; and of several whose inputs come to be the
   * same, any that has the name.
   */
  private static Said comparable(Said said) {
    Optional<String> deriver = said.ca().isPresent()
        ? Optional.empty()
        : said.deriver().map(path -> StorePath.parse(path).name().value());
    return new Said(said.narHash(), said.narSize(), said.references(), deriver, said.ca());
  }

  private static Map<String, Object> readAll(NixClient nix, KilnClient kiln, Set<String> derivations)
      throws Exception {
    Map<String, Future<Object>> answers = new LinkedHashMap<>();
    try (var readers = Executors.newFixedThreadPool(8)) {
      for (String derivation : derivations) {
        Path file = Path.of(nix.root() + derivation);
        answers.put(derivation, readers.submit((Callable<Object>) () -> read(kiln, derivation,
            ATermReader.read(Files.readAllBytes(file)).outputs().keySet())));
      }
    }
    Map<String, Object> all = new LinkedHashMap<>();
    for (var answer : answers.entrySet()) {
      all.put(answer.getKey(), answer.getValue().get());
    }
    return all;
  }

  /** @return what Kiln says of the outputs' paths, or why it has none */
  private static Object read(KilnClient kiln, String derivation, Set<String> outputs) throws IOException {
    Map<String, Said> said = new TreeMap<>();
    for (String output : outputs) {
      HttpResponse<String> answer = kiln.get("/api/v1/derivations/" + encoded(derivation) + "/outputs/"
          + output.replace("?", "%3F"));
      if (answer.statusCode() != 200) {
        return answer.body();
      }
      String path = kiln.parse(answer.body()).get("path").asString();
      said.put(path, comparable(Said.of(kiln.json("/api/v1/paths/" + encoded(path)))));
    }
    return said;
  }

  private static String encoded(String path) {
    return RandomBuildsIT.baseName(path).replace("?", "%3F");
  }

  private void assertSame(List<String> derivations, Map<String, Map<String, Said>> theirs, Map<String, Object> ours) {
    List<String> differences = new ArrayList<>();
    int built = 0;
    int refused = 0;
    int floating = 0;
    for (var nix : theirs.entrySet()) {
      Object kiln = ours.get(nix.getKey());
      if (nix.getValue().isEmpty() ? kiln instanceof Map : !nix.getValue().equals(kiln)) {
        differences.add(nix.getKey() + "\n  Nix:  " + nix.getValue() + "\n  Kiln: " + kiln + "\n  of d"
            + derivations.indexOf(nix.getKey()) + " = " + expressions.get(derivations.indexOf(nix.getKey())));
      }
      built += nix.getValue().size();
      refused += nix.getValue().isEmpty() ? 1 : 0;
      floating += nix.getValue().values().stream().anyMatch(said -> said.ca().isPresent()) ? 1 : 0;
    }
    assertThat(differences).as("seed %d, %d outputs, %d derivations refused of %d", seed, built, refused, builds)
        .isEmpty();
    assertThat(refused).isLessThan(builds / 2);
    assertThat(floating).isGreaterThan(builds / 3);
  }
}
