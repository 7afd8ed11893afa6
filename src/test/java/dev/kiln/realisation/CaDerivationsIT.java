package dev.kiln.realisation;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

import dev.kiln.derivation.ATermReader;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;
import dev.kiln.hash.NixHash;

import static org.assertj.core.api.Assertions.assertThat;

/** What Nix makes of floating and deferred outputs is what Kiln makes of them; then clients pull it from Kiln. */
// a Kiln of its own: its builds are counted
@KilnTest
@TestPropertySource(properties = "kiln.build.max-jobs=3")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CaDerivationsIT {

  private static final String CASES = """
      one = ca "one" {} "echo one > $out";
      executable = ca "executable" {} "echo '#!/bin/sh' > $out; chmod +x $out";
      tree = ca "tree" {} "mkdir -p $out/a/b; echo x > $out/a/b/c; ln -s nowhere $out/link";
      odd = ca "na+me-1.0?x=y_z" { quoted = "a \\" b \\\\ c\\n"; } "printf '%s' \\"$quoted\\" > $out";
      multi = ca "multi" { outputs = [ "out" "dev" "lib" ]; }
        "mkdir $out $dev $lib; echo lib > $lib/x; echo $lib > $dev/lib; ln -s $dev $out/dev; echo $lib/x > $out/file; mkdir $out/\\${lib##*/}";
      backwards = ca "backwards" { outputs = [ "z" "m" "a" ]; } "echo > $z; echo $z > $m; echo $m $z > $a";
      self = ca "self" {} "mkdir $out; echo $out/a $out > $out/a; ln -s $out/a $out/b; cp $out/a $out/x; chmod +x $out/x";
      selfAndOther = ca "self-and-other" { outputs = [ "out" "lib" ]; }
        "mkdir $out $lib; echo $lib $lib > $lib/x; echo $lib$out$lib > $out/y; ln -s $out$lib $out/z";
      large = ca "large" {} "i=0; while [ $i -lt 3000 ]; do echo $i $out; i=$((i+1)); done > $out";
      unsorted = ca "unsorted" {}
        "mkdir $out; for c in ${each}; do echo $c > $out/$c; done; echo x > $out/\\${out##*/}; mkdir $out/d\\${out##*/}";
      flat = flatly "flat" {} "echo flat > $out";
      flatSelf = flatly "flat-self" {} "echo a $out > $out";
      md5 = hashed "md5" {} "echo md5 > $out";
      sha1 = hashed "sha1" { outputHashMode = "flat"; } "echo sha1 > $out";
      sha512 = hashed "sha512" {} "mkdir $out; echo sha512 > $out/x";
      sha512Self = hashed "sha512" { name = "sha512self"; } "echo $out > $out";
      deferred = sh "deferred" { outputs = [ "out" "two" ]; inherit one; } "cat $one > $out; echo $one $two > $two; env >> $two";
      consumer = ca "consumer" { inherit (multi) dev; } "ln -s $dev $out";
      chained = sh "chained" { inherit deferred; } "mkdir $out; ln -s ${deferred.two} $out/two; cat $deferred > $out/d; ln -s ${consumer} $out/c";
      planned = sh "planned" { inherit deferred; } "cat $deferred > $out; echo ${consumer} >> $out";
      inA = ca "in" { a = 1; } "echo same > $out";
      inB = ca "in" { a = 2; } "echo same > $out";
      cutA = ca "cut" { i = inA; } "cat $i > $out; echo $i >> $out";
      cutB = ca "cut" { i = inB; } "cat $i > $out; echo $i >> $out";
      plain = sh "plain" {} "echo plain > $out";
      onPlain = ca "on-plain" { inherit plain; } "echo $plain > $out";
      onPlain2 = sh "on-plain-2" { inherit onPlain plain; } "echo $plain $onPlain > $out";
      fixed = derivation { name = "fixed"; system = "x86_64-linux"; builder = "${bb}/busybox"; args = [ "sh" "-c" "cat ${one} > $out" ];
        outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806"; };
      onFixed = ca "on-fixed" { inherit fixed; } "echo $fixed > $out";
      scratch = ca "scratch" { outputs = [ "out" "x" ]; } "echo $out | tr 0-9a-z b-z0-9a > $out; echo $x | tr / _ | tr 0-9a-z b-z0-9a > $x";
      inFiles = ca "in-files" { passAsFile = [ "text" ]; text = "${one} ${builtins.placeholder "out"}"; } "cat $textPath > $out";
      tool = ca "tool" {} "mkdir -p $out/bin; cp ${bb}/busybox $out/bin/busybox";
      byTool = derivation { name = "by-tool"; system = "x86_64-linux"; builder = "${tool}/bin/busybox"; args = [ "sh" "-c" "echo ${one} > $out" ]; };
      allowed = ca "allowed" { allowedReferences = [ one "out" ]; } "echo ${one} $out > $out";
      structured = ca "structured" { __structuredAttrs = true; outputs = [ "out" "lib" ]; n = [ 1 one { a = null; } ]; }
        "cat .attrs.json .attrs.sh > ${builtins.placeholder "out"}; echo ${one} > ${builtins.placeholder "lib"}";
      onStructured = sh "on-structured" { __structuredAttrs = true; s = structured; l = structured.lib; } "cat .attrs.json > ${builtins.placeholder "out"}";
      structuredFixed = derivation { name = "structured-fixed"; system = "x86_64-linux"; builder = "${bb}/busybox"; __structuredAttrs = true; uses = structured;
        args = [ "sh" "-c" "cat ${one} ${one} > ${builtins.placeholder "out"}" ];
        outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = "0a6b1d5640dbbbf8392c15b7011890027b7315efc766dee44e81bf46c2015456"; };

      cycle = ca "cycle" { outputs = [ "out" "b" ]; } "echo $b > $out; echo $out > $b";
      namedCycle = sh "named-cycle" { outputs = [ "out" "b" "c" ]; } "echo $b > $out; echo $c > $b; echo $out > $c";
      badJson = sh "bad-json" { __json = "{\\"requiredSystemFeatures\\":\\"kvm\\"}"; } "exit 0";
      noJson = ca "no-json" { __json = "["; } "exit 0";
      failing = ca "failing" {} "echo no >&2; exit 3";
      needsFailing = sh "needs-failing" { inherit failing; } "echo > $out";
      nothing = ca "nothing" { outputs = [ "out" "lib" ]; } "echo > $out";
      flatTree = flatly "flat-tree" {} "mkdir $out";
      disallowed = ca "disallowed" { disallowedReferences = [ one ]; } "echo ${one} > $out";

      sha1References = hashed "sha1" { name = "sha1-references"; } "echo ${one} > $out";
      flatReferences = flatly "flat-references" {} "echo ${one} > $out";
      """;

  private static final Set<String> REFUSED = new TreeSet<>(
      List.of("cycle", "namedCycle", "badJson", "noJson", "failing", "needsFailing", "nothing",
          "flatTree", "disallowed"));

  /** Nix itself ends by an assertion that fails. */
  private static final Set<String> CRASHING = new TreeSet<>(List.of("sha1References", "flatReferences"));

  @LocalServerPort
  int port;

  @Autowired
  JdbcTemplate jdbc;

  private CaStore store;
  private KilnClient kiln;
  private final Map<String, String> derivations = new LinkedHashMap<>();
  /** What Nix knows of each path, and of each output by its name. */
  private final Map<String, JsonNode> paths = new TreeMap<>();
  private final Map<String, JsonNode> realisations = new TreeMap<>();

  static List<String> built() {
    return attributes().stream().filter(name -> !REFUSED.contains(name) && !CRASHING.contains(name)).toList();
  }

  static List<String> attributes() {
    return CASES.lines().filter(line -> line.matches("\\w+ = .*")).map(line -> line.replaceAll(" = .*", "")).toList();
  }

  @BeforeAll
  void letsNixBuildAndKilnKnow() throws Exception {
    kiln = new KilnClient(URI.create("http://127.0.0.1:" + port));
    store = new CaStore(CASES);
    derivations.putAll(store.instantiate(attributes()));
    store.register(kiln, derivations.values());
    List<String> good = built().stream().map(this::derivation).toList();
    List<String> outputs = store.lines(command(List.of("nix-store", "--realise"), good));
    for (JsonNode each : kiln.parse(store.nix.run(command(List.of("nix", "realisation", "info", "--json"), good)
        .toArray(String[]::new)).ok())) {
      realisations.put(each.get("id").asString(), each);
    }
    for (JsonNode each : kiln.parse(store.nix.run(command(List.of("nix", "path-info", "--json"), outputs)
        .toArray(String[]::new)).ok())) {
      paths.put(each.get("path").asString(), each);
    }
  }

  @AfterAll
  void close() {
    kiln.close();
  }

  private static List<String> command(List<String> program, List<String> arguments) {
    List<String> command = new ArrayList<>(program);
    command.addAll(arguments);
    return command;
  }

  private String derivation(String name) {
    return Objects.requireNonNull(derivations.get(name), name);
  }

  private String url(String name, String output) {
    return "/api/v1/derivations/" + encoded(derivation(name)) + "/outputs/" + output;
  }

  private static String encoded(String path) {
    return CaStore.baseName(path).replace("?", "%3F");
  }

  private Set<String> outputs(String name) throws IOException {
    return ATermReader.read(Files.readAllBytes(store.physical(derivation(name)))).outputs().keySet();
  }

  @ParameterizedTest
  @MethodSource("built")
  void buildsWhatNixBuilds(String name) throws IOException {
    Set<String> found = new TreeSet<>();
    for (String output : outputs(name)) {
      JsonNode answer = kiln.json(url(name, output));
      String path = answer.get("path").asString();
      found.add(path);
      assertThat(paths).containsKey(path);
      assertIsAsNixHasIt(path);
      String base = CaStore.baseName(path);
      assertThat(realisations.values()).anySatisfy(each -> {
        assertThat(each.get("id").asString()).endsWith("!" + output);
        assertThat(each.get("outPath").asString()).isEqualTo(base);
        JsonNode ours = kiln.json("/realisations/" + each.get("id").asString() + ".doi");
        assertThat(ours.get("outPath")).isEqualTo(each.get("outPath"));
      });
    }
    assertThat(found).containsExactlyInAnyOrderElementsOf(
        new HashSet<>(store.lines(List.of("nix-store", "--realise", derivation(name)))));
  }

  private void assertIsAsNixHasIt(String path) throws IOException {
    JsonNode nix = Objects.requireNonNull(paths.get(path));
    JsonNode ours = kiln.json("/api/v1/paths/" + encoded(path));
    assertThat(NixHash.parse(ours.get("narHash").asString())).isEqualTo(NixHash.parse(nix.get("narHash").asString()));
    assertThat(ours.get("narSize").asLong()).isEqualTo(nix.get("narSize").asLong());
    assertThat(strings(ours.get("references"))).isEqualTo(strings(nix.get("references")));
    assertThat(ours.path("ca").asString("")).isEqualTo(nix.path("ca").asString(""));
    String deriver = nix.get("deriver").asString();
    if (path.endsWith("-in")) {
      // of two that make it, whoever came first
      assertThat(ours.get("deriver").asString()).endsWith("-in.drv");
      return;
    }
    assertThat(ours.get("deriver").asString()).isEqualTo(deriver);
    // where it was resolved, both resolved it to this, byte for byte
    assertThat(kiln.get("/api/v1/derivations/" + encoded(deriver)).body())
        .isEqualTo(Files.readString(store.physical(deriver)));
  }

  private static Set<String> strings(JsonNode array) {
    Set<String> strings = new TreeSet<>();
    array.forEach(each -> strings.add(each.asString()));
    return strings;
  }

  @Test
  void namesRealisationsAndWhatTheyDependOnAsNixDoes() throws IOException {
    for (String name : built()) {
      for (String output : outputs(name)) {
        kiln.json(url(name, output));
      }
    }
    assertThat(realisations).hasSizeGreaterThan(built().size());
    for (JsonNode nix : realisations.values()) {
      JsonNode ours = kiln.json("/realisations/" + nix.get("id").asString() + ".doi");
      assertThat(ours.get("id")).isEqualTo(nix.get("id"));
      assertThat(ours.get("outPath")).isEqualTo(nix.get("outPath"));
      assertThat(ours.get("dependentRealisations")).isEqualTo(nix.get("dependentRealisations"));
      assertThat(ours.get("signatures")).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      cycle        | cycle detected in build of
      namedCycle   | cycle detected in build of
      badJson      | attribute 'requiredSystemFeatures' of derivation
      noJson       | cannot process __json attribute of
      failing      | failed with exit code 3
      needsFailing | failing.drv' failed: builder failed with exit code 3
      nothing      | failed to produce output path for output 'lib'
      flatTree     | should be a non-executable regular file
      disallowed   | is not allowed to refer to the following paths
      """)
  void refusesWhatNixRefuses(String name, String reason) throws IOException {
    var nix = store.nix.run("nix-store", "--realise", derivation(name));
    assertThat(nix.exit()).isNotZero();
    String shared = reason.replaceAll(".*builder failed with", "failed with");
    assertThat(nix.err()).contains(shared);
    assertRefused(name, reason);
  }

  /** What a derivation says of itself can be wrong without anything being run. */
  @Test
  void saysThatADerivationMakesNoSense() throws IOException {
    assertRefused("badJson", "must be a list of strings");
    JsonNode build = kiln.json("/api/v1/builds?derivation=" + encoded(derivation("badJson"))).get(0);
    assertThat(build.get("state").asString()).isEqualTo("failed");
    assertThat(build.get("failure").get("kind").asString()).isEqualTo("BAD_DERIVATION");
    assertThat(build.get("failure").has("exitCode")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      feature    | a 'x86_64-linux' with features {ca-derivations, no-such} is required to build
      downloaded | a 'builtin' with features {no-such} is required to build
      """)
  void saysWhichFeaturesItHasNot(String name, String reason) throws IOException {
    String features = """
          feature = ca "feature" { requiredSystemFeatures = [ "no-such" ]; } "exit 0";
          downloaded = derivation { name = "downloaded"; system = "builtin"; builder = "builtin:fetchurl"; url = "http://127.0.0.1:1/";
            requiredSystemFeatures = [ "no-such" ]; outputHashMode = "flat"; outputHashAlgo = "sha256";
            outputHash = "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806"; };
        """;
    CaStore asking = new CaStore(features);
    String derivation = Objects.requireNonNull(asking.instantiate(List.of(name)).get(name));
    asking.register(kiln, List.of(derivation));
    assertThat(asking.nix.run("nix-store", "--realise", derivation).err()).contains(reason);
    HttpResponse<String> answer = kiln.get("/api/v1/derivations/" + encoded(derivation) + "/outputs/out");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(501);
    assertThat(kiln.parse(answer.body()).get("detail").asString()).contains(reason);
  }

  @ParameterizedTest
  @MethodSource("crashing")
  void refusesReferencesThatAContentAddressCannotHave(String name) throws IOException {
    assertRefused(name, "is not allowed to refer to '/nix/store/");
  }

  static Set<String> crashing() {
    return CRASHING;
  }

  private void assertRefused(String name, String reason) throws IOException {
    HttpResponse<String> answer = kiln.get(url(name, "out"));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(424);
    assertThat(kiln.parse(answer.body()).get("detail").asString()).contains(reason);
  }

  @Test
  void buildsOnceWhatTwoDerivationsResolveTo() throws IOException {
    String first = kiln.json(url("cutA", "out")).get("path").asString();
    assertThat(kiln.json(url("cutB", "out")).get("path").asString()).isEqualTo(first);
    String resolved = encoded(kiln.json("/api/v1/paths/" + encoded(first)).get("deriver").asString());
    assertThat(List.of(encoded(derivation("cutA")), encoded(derivation("cutB")))).doesNotContain(resolved);
    assertThat(kiln.json("/api/v1/builds?derivation=" + resolved)).hasSize(1);
    JsonNode own = kiln.json("/api/v1/builds?derivation=" + encoded(derivation("cutA")));
    assertThat(own).hasSize(1);
    assertThat(kiln.get(own.get(0).get("log").asString()).body())
        .startsWith("resolved derivation: '" + derivation("cutA") + "' -> '/nix/store/" + resolved + "'");
  }

  @Test
  void plansNothingButTheDerivationOnceItsInputsAreRealised() throws IOException {
    kiln.json(url("deferred", "two"));
    kiln.json(url("consumer", "out"));
    // another test may have built it
    for (String table : List.of("realisation_dependency", "realisation")) {
      jdbc.update("delete from " + table + " where output_hash in"
          + " (select output_hash from derivation where name = 'planned.drv')");
    }
    JsonNode plan = kiln.json("/api/v1/derivations/" + encoded(derivation("planned")) + "/plan");
    assertThat(strings(plan.get("build"))).containsExactly(derivation("planned"));
  }

  @Test
  void sendsReadersToTheOutput() throws IOException {
    HttpResponse<String> answer = kiln.get(url("tree", "out") + "?redirect=true");
    assertThat(answer.statusCode()).isEqualTo(307);
    String location = answer.headers().firstValue("Location").orElseThrow();
    assertThat(kiln.get(location + "/a/b/c").body()).isEqualTo("x\n");
  }

  @Test
  void tellsWhichOutputsThereAre() throws IOException {
    HttpResponse<String> answer = kiln.get(url("multi", "doc"));
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(strings(kiln.parse(answer.body()).get("outputs"))).containsExactly("dev", "lib", "out");
    assertThat(kiln.get("/api/v1/derivations/00000000000000000000000000000000-x.drv/outputs/out").statusCode())
        .isEqualTo(404);
  }

  @Test
  void givesRealisationsToAClientThatThenBuildsNothing() throws IOException {
    for (String name : List.of("chained", "onPlain2", "cutB", "selfAndOther", "flatSelf")) {
      for (String output : outputs(name)) {
        kiln.json(url(name, output));
      }
    }
    String key = kiln.get("/api/v1/public-key").body().strip();
    CaStore client = new CaStore(CASES, "substituters = http://127.0.0.1:" + port, "trusted-public-keys = " + key);
    List<String> wanted = List.copyOf(client
        .instantiate(List.of("chained", "onPlain2", "cutB", "selfAndOther", "flatSelf")).values());
    var realised = client.nix.run(command(List.of("nix-store", "--realise"), wanted).toArray(String[]::new));
    realised.ok();
    assertThat(realised.err()).contains("copying path").doesNotContain("building '");
    for (String path : realised.out().lines().toList()) {
      assertThat(paths).containsKey(path);
    }
    client.nix.run("nix-store", "--verify", "--check-contents").ok();
  }

  @Test
  void signsRealisationsSoThatAClientBelievesThem() throws IOException {
    kiln.json(url("chained", "out"));
    String key = kiln.get("/api/v1/public-key").body().strip();
    String kilnUrl = "http://127.0.0.1:" + port;
    CaStore believer = new CaStore(CASES, "trusted-public-keys = " + key);
    String drv = Objects.requireNonNull(believer.instantiate(List.of("chained")).get("chained"));
    believer.nix.run("nix", "copy", "--from", kilnUrl, drv).ok();
    JsonNode known = kiln.parse(believer.nix.run("nix", "realisation", "info", "--json", drv).ok());
    assertThat(known.get(0).get("signatures")).hasSize(1);
    CaStore doubter = new CaStore(CASES);
    doubter.instantiate(List.of("chained"));
    var refused = doubter.nix.run("nix", "copy", "--from", kilnUrl, drv);
    assertThat(refused.exit()).isNotZero();
    assertThat(refused.err()).contains("signature");
  }
}
