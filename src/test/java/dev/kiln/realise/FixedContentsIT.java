package dev.kiln.realise;

import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Recipes;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

/** Fixed outputs whose content is here already. */
// a Kiln of its own, whose derivations are changed behind its back
@KilnTest
@TestPropertySource(properties = "kiln.build.max-jobs=3")
class FixedContentsIT {

  @Autowired
  Derivations derivations;

  @Autowired
  PathInfos pathInfos;

  @Autowired
  Realiser realiser;

  @Autowired
  JdbcTemplate jdbc;

  private final Recipes recipes = new Recipes();
  private KilnClient kiln;

  @BeforeEach
  void open(@LocalServerPort int port) {
    kiln = new KilnClient(URI.create("http://127.0.0.1:" + port));
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  private String read(KnownDerivation known) throws Exception {
    HttpResponse<String> response = kiln.get("/store/" + Recipes.output(known).baseName());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }

  private PathInfo info(KnownDerivation known) {
    return pathInfos.find(Recipes.output(known).hash()).orElseThrow();
  }

  private JsonNode builds(KnownDerivation known) throws Exception {
    return kiln.json("/api/v1/builds?derivation=" + known.path().baseName());
  }

  @Test
  void areNotBuiltAgainNorIsWhatTheirBuildWouldNeed() throws Exception {
    KnownDerivation input = recipes.script("input", "exit 1");
    KnownDerivation one = recipes.fixed("one", "printf once > $out", "once", List.of());
    KnownDerivation two = recipes.fixed("two", "exit 1", "once", List.of(), input);
    derivations.register(List.of(input, one, two));
    assertThat(read(one)).isEqualTo("once");
    assertThat(read(two)).isEqualTo("once");
    assertThat(builds(two)).isEmpty();
    assertThat(builds(input)).isEmpty();
    PathInfo info = info(two);
    PathInfo twin = info(one);
    assertThat(info.path()).isEqualTo(Recipes.output(two)).isNotEqualTo(twin.path());
    assertThat(info.deriver()).contains(two.path());
    assertThat(info.ca()).isEqualTo(twin.ca()).contains(
        new ContentAddress.Fixed(IngestionMethod.FLAT, NixHash.sha256Of("once")));
    assertThat(List.of(info.root(), info.narHash(), info.narSize(), info.references())).isEqualTo(
        List.of(twin.root(), twin.narHash(), twin.narSize(), twin.references()));
    assertThat(info.signatures()).isEmpty();
  }

  @Test
  void areNotBuiltForThoseThatNeedThem() throws Exception {
    KnownDerivation one = recipes.fixed("source-1", "printf needed > $out", "needed", List.of());
    KnownDerivation two = recipes.fixed("source-2", "exit 1", "needed", List.of());
    KnownDerivation user = recipes.script("user",
        "while read -r line || [ -n \"$line\" ]; do echo $line; done < $in0 > $out",
        two);
    derivations.register(List.of(one, two, user));
    assertThat(realiser.plan(user.path()).steps()).hasSize(2);
    read(one);
    assertThat(realiser.plan(user.path()).steps()).extracting(Plan.Step::derivation).containsExactly(user.path());
    assertThat(read(user)).isEqualTo("needed\n");
    assertThat(builds(two)).isEmpty();
  }

  @Test
  void mayHaveBeenImported() throws Exception {
    HttpResponse<String> imported = kiln.put("/api/v1/sources/imported", "application/octet-stream",
        "by hand".getBytes(StandardCharsets.UTF_8));
    NixHash narHash = NixHash.parse(kiln.parse(imported.body()).get("narHash").asString(), HashAlgorithm.SHA256);
    KnownDerivation wanted = recipes.recursive("wanted", "exit 1", narHash);
    derivations.register(List.of(wanted));
    assertThat(read(wanted)).isEqualTo("by hand");
    assertThat(builds(wanted)).isEmpty();
  }

  @Test
  void areNotDownloadedAgain() throws Exception {
    KnownDerivation one = recipes.fixed("made", "printf fetched > $out", "fetched", List.of());
    KnownDerivation two = recipes.fetched("fetched", "http://127.0.0.1:1/", "fetched");
    derivations.register(List.of(one, two));
    HttpResponse<String> refused = kiln.get("/store/" + Recipes.output(two).baseName());
    assertThat(refused.statusCode()).isEqualTo(501);
    assertThat(kiln.parse(refused.body()).get("detail").asString()).contains("kiln.fetch.allow.networks");
    read(one);
    assertThat(read(two)).isEqualTo("fetched");
  }

  @Test
  void areBuiltIfItIsAnotherMethodOfTheSameHash() throws Exception {
    KnownDerivation flat = recipes.fixed("flat", "printf method > $out", "method", List.of());
    KnownDerivation recursive = recipes.recursive("recursive", "exit 1", NixHash.sha256Of("method"));
    derivations.register(List.of(flat, recursive));
    read(flat);
    assertThat(kiln.get("/store/" + Recipes.output(recursive).baseName()).statusCode()).isEqualTo(424);
  }

  /** Its content names other paths: no fixed output may. */
  @Test
  void areBuiltIfWhatIsThereRefersToSomething() throws Exception {
    KnownDerivation one = recipes.fixed("content", "printf referring > $out", "referring", List.of());
    derivations.register(List.of(one));
    read(one);
    PathInfo info = info(one);
    StorePath liar = StorePath.parseBaseName("0000000000000000000000000000000c-liar");
    NixHash hash = NixHash.sha256Of("never built");
    pathInfos.register(List.of(new PathInfo(liar, info.root(), info.narHash(), info.narSize(),
        new TreeSet<>(List.of(liar)), Optional.empty(),
        Optional.of(new ContentAddress.Fixed(IngestionMethod.FLAT, hash)),
        List.of(), Instant.EPOCH)));
    KnownDerivation wanted = recipes.fixed("wanted", "printf 'never built' > $out", "never built", List.of());
    derivations.register(List.of(wanted));
    assertThat(read(wanted)).isEqualTo("never built");
    assertThat(builds(wanted)).hasSize(1);
  }

  @Test
  void areFoundByTheBuildIfTheirDerivationIsFromBeforeTheyWereLookedFor() throws Exception {
    KnownDerivation one = recipes.fixed("new", "printf old > $out", "old", List.of());
    KnownDerivation two = recipes.fixed("old", "exit 1", "old", List.of());
    derivations.register(List.of(one, two));
    jdbc.update("update derivation_output set ca = null where derivation = ?", two.path().hash().toByteArray());
    read(one);
    assertThat(read(two)).isEqualTo("old");
    assertThat(builds(two)).hasSize(1);
  }
}
