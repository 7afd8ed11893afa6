package dev.kiln.store;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

import dev.kiln.castore.Castore;
import dev.kiln.harness.GoldenFiles;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Programs;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.IngestedTree;
import dev.kiln.nar.NarReader;
import dev.kiln.nar.NarSink;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.store.GoldenCases.Case;
import dev.kiln.store.GoldenCases.Truth;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;

import static java.io.OutputStream.nullOutputStream;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What Nix made of the golden expressions is what Kiln makes of them: derivations and sources go in, and all outputs are read
 * by their URLs, at once.
 */
// a Kiln of its own, which knows nothing yet; as Nix, it builds what another path has already, and reads file: URLs
@KilnTest
@TestPropertySource(properties = {"kiln.build.max-jobs=4", "kiln.build.reuse-fixed-outputs=false",
    "kiln.fetch.allow.files=/"})
@TestInstance(Lifecycle.PER_CLASS)
class GoldenStoreIT {

  /** Nix 2.8 ends with 0 but registers nothing; newer ones refuse. */
  private static final String BAD_REFERENCES = "fod.badRefs";

  /** It records the sandbox, which has a test of its own. */
  private static final String SANDBOX_VIEW = "attrs.sandboxView";

  /** Sources that are imported by their NARs, of which {@code bb} is made here. */
  private static final List<String> IMPORTED = List.of("agbwcxwycpalnfwhrhdqpjfhnqlqv4hh-src",
      "flmi6kdqpmz8splryb3k7ya7mf0kvlci-filtered-src", "gs9yg4r9ms48a3y79znzrjhdqbf01fz7-lib.nix");

  /** Sources that an import would give other names, because it is not their NAR that names them, or they have references. */
  private static final List<String> BROUGHT = List.of("fqa8wpvfcbkwz1wxliwv25slbxb1fbr9-t1",
      "xdkv2zcg3yw23ndfzzlv555g4kcfk1zp-t2.sh", "q152pjlzzxdb0kx533ss5axa8x9rg2sy-builder.sh",
      "nhvx2v56ia911xa023ag67yjv2109xqk-flat-path");

  private static final Pattern BUILDER = Pattern.compile("^error: builder for '([^']+)' failed with");
  private static final Pattern EXIT_CODE = Pattern.compile("failed with exit code (\\d+)");
  private static final Pattern LOG_LINE = Pattern.compile("(?m)^ +> (.*)$");
  private static final Pattern REFUSED_PATH = Pattern.compile("(?m)^ +(/nix/store/\\S+)$");

  private KilnClient kiln;
  private final Map<StorePath, Future<Answer>> answers = new HashMap<>();

  /**
   * What was answered to {@code GET /store/<output>}.
   *
   * @param body of an answer that is no file
   * @param narHash of the NAR that a file's bytes give
   */
  private record Answer(int status, String body, Optional<NixHash> narHash) {}

  @BeforeAll
  void registersDerivationsAndSourcesAndReadsAllOutputs(@LocalServerPort int port, @Autowired Castore castore,
      @Autowired PathInfos pathInfos) throws Exception {
    kiln = new KilnClient(URI.create("http://127.0.0.1:" + port));
    registerDerivations();
    importSources();
    bringSources(castore, pathInfos);
    try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Case each : GoldenCases.all())
        each.outputs().values().forEach(output -> answers.computeIfAbsent(output,
            path -> readers.submit(() -> read(path))));
    }
  }

  @AfterAll
  void close() {
    kiln.close();
  }

  private void registerDerivations() throws IOException {
    Path files = GoldenCases.directory("drv");
    byte[] tar = Programs.run("tar", "--create", "--directory", files.toString(), ".");
    HttpResponse<String> response = kiln.post("/api/v1/derivations", KilnClient.TAR, tar);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    JsonNode registration = kiln.parse(response.body());
    assertThat(registration.get("registered").asInt())
        .isEqualTo(Objects.requireNonNull(files.toFile().list()).length);
    assertThat(registration.get("missingSources").size()).isPositive();
  }

  private void importSources() throws IOException {
    GoldenFiles.importBusybox(kiln);
    for (String source : IMPORTED)
      assertImported(StorePath.parseBaseName(source));
  }

  private void assertImported(StorePath path) throws IOException {
    HttpResponse<String> response = kiln.put("/api/v1/sources/" + path.name(), KilnClient.NAR,
        Files.readAllBytes(GoldenCases.nar(path)));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
    assertThat(kiln.parse(response.body()).get("path").asString()).isEqualTo(path.toString());
  }

  /** Past HTTP for now: an upload by `nix copy` can say what a path refers to and what names it, an import cannot. */
  private static void bringSources(Castore castore, PathInfos pathInfos) throws IOException {
    for (String baseName : BROUGHT) {
      StorePath path = StorePath.parseBaseName(baseName);
      Truth truth = GoldenCases.truth(path);
      try (InputStream nar = Files.newInputStream(GoldenCases.nar(path))) {
        IngestedTree tree = IngestedTree.of(castore, sink -> new NarReader().read(nar, sink));
        var references = new TreeSet<StorePath>();
        truth.references().forEach(reference -> references.add(StorePath.parse(reference)));
        pathInfos.register(List.of(new PathInfo(path, tree.root(), tree.narHash(), tree.narSize(), references,
            Optional.empty(), truth.ca().map(ContentAddress::parse), List.of(), Instant.EPOCH)));
      }
    }
  }

  private Answer read(StorePath path) throws IOException {
    HttpResponse<InputStream> response = kiln.open("/store/" + encoded(path));
    try (InputStream body = response.body()) {
      if (response.statusCode() == 200) {
        JsonNode root = pathInfo(path).get("root");
        if (root.get("type").asString().equals("regular"))
          return new Answer(200, "", Optional.of(narHash(root, body)));
      }
      return new Answer(response.statusCode(), new String(body.readAllBytes(), StandardCharsets.UTF_8),
          Optional.empty());
    }
  }

  private static NixHash narHash(JsonNode root, InputStream content) throws IOException {
    var nar = new HashingOutputStream(nullOutputStream(), HashAlgorithm.SHA256);
    new NarSink(nar).file(null, root.get("executable").asBoolean(), root.get("size").asLong(), content);
    return nar.hash();
  }

  private Answer answer(StorePath output) throws Exception {
    return Objects.requireNonNull(answers.get(output)).get();
  }

  private JsonNode pathInfo(StorePath path) throws IOException {
    return kiln.json("/api/v1/paths/" + encoded(path));
  }

  private static String encoded(StorePath path) {
    return path.baseName().replace("?", "%3F");
  }

  static Stream<Case> built() {
    return GoldenCases.all().stream().filter(each -> each.error().isEmpty() && !each.name().equals(BAD_REFERENCES));
  }

  static Stream<Case> refused() {
    return GoldenCases.all().stream().filter(each -> each.error().isPresent());
  }

  @ParameterizedTest
  @MethodSource("built")
  void answersWithWhatNixBuilt(Case golden) throws Exception {
    for (StorePath output : golden.outputs().values()) {
      Answer answer = answer(output);
      JsonNode info = pathInfo(output);
      String type = info.get("root").get("type").asString();
      // Their links lead out of the store, or to what their target does not have
      assertThat(answer.status()).as(answer.body()).isEqualTo(type.equals("symlink") ? 404 : 200);
      assertThat(answer.narHash().map(NixHash::sri)).isEqualTo(type.equals("regular")
          ? Optional.of(info.get("narHash").asString())
          : Optional.empty());
      for (JsonNode each : kiln.json("/api/v1/paths/" + encoded(output) + "/closure"))
        assertIsTrue(each, golden);
    }
  }

  private static void assertIsTrue(JsonNode info, Case golden) {
    StorePath path = StorePath.parse(info.get("path").asString());
    Truth truth = GoldenCases.truth(path);
    assertThat(GoldenCases.strings(info.get("references"))).as("references of %s", path).isEqualTo(truth.references());
    assertThat(optional(info, "ca")).as("ca of %s", path).isEqualTo(truth.ca());
    assertDeriver(optional(info, "deriver"), truth.deriver(), path);
    if (!GoldenCases.isCorrupted(path) && !golden.name().equals(SANDBOX_VIEW)) {
      assertThat(info.get("narHash").asString()).as("NAR of %s", path).isEqualTo(truth.narHash().sri());
      assertThat(info.get("narSize").asLong()).as("NAR of %s", path).isEqualTo(truth.narSize());
    }
  }

  /** Several derivations may have the same output; which of them made it is chance. */
  private static void assertDeriver(Optional<String> deriver, Optional<String> truth, StorePath path) {
    List<String> producers = GoldenCases.all().stream().filter(each -> each.outputs().containsValue(path))
        .map(each -> each.derivation().toString()).distinct().toList();
    if (producers.size() > 1)
      assertThat(producers).contains(deriver.orElseThrow());
    else
      assertThat(deriver).as("deriver of %s", path).isEqualTo(truth);
  }

  private static Optional<String> optional(JsonNode node, String field) {
    return Optional.ofNullable(node.get(field)).map(JsonNode::asString);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesWhatNixRefusesForTheSameReason(Case golden) throws Exception {
    String error = golden.error().orElseThrow();
    for (StorePath output : golden.outputs().values()) {
      Answer answer = answer(output);
      assertThat(answer.status()).as(answer.body()).isEqualTo(error.contains("is required to build") ? 501 : 424);
      JsonNode problem = kiln.parse(answer.body());
      // That of an input, where it is this that failed
      Matcher builder = BUILDER.matcher(error);
      assertThat(problem.get("derivation").asString())
          .isEqualTo(builder.find() ? builder.group(1) : golden.derivation().toString());
      for (String reason : reasons(error))
        assertThat(problem.get("detail").asString()).contains(reason);
      Matcher exitCode = EXIT_CODE.matcher(error);
      assertThat(optional(problem, "exitCode"))
          .isEqualTo(exitCode.find() ? Optional.of(exitCode.group(1)) : Optional.empty());
      assertLog(problem.get("logTail"), error, golden);
      assertThat(kiln.get("/api/v1/paths/" + encoded(output)).statusCode()).isEqualTo(404);
    }
  }

  /** @return what of Nix's words does not depend on where its chroot is, nor on how it lays lines out */
  private static Set<String> reasons(String error) {
    var reasons = new TreeSet<String>();
    Stream.of("failed to produce output path", "has an unsupported type", "is required to build",
        "is not allowed to refer to the following paths", "should be a non-executable regular file",
        "hash mismatch in fixed-output derivation").filter(error::contains).forEach(reasons::add);
    for (String words : List.of(EXIT_CODE.pattern(), "path '[^']*' is too large at \\d+ bytes; limit is \\d+ bytes",
        "sha256-[A-Za-z0-9+/=]+", "a '[^']*' with features \\{[^}]*\\} is",
        "for output '[^']*'"))
      Pattern.compile(words).matcher(error).results().forEach(match -> reasons.add(match.group()));
    if (error.contains("is not allowed to refer"))
      REFUSED_PATH.matcher(error).results().forEach(match -> reasons.add(match.group(1)));
    assertThat(reasons).as(error).isNotEmpty();
    return reasons;
  }

  private static void assertLog(JsonNode logTail, String error, Case golden) {
    var tail = new ArrayList<String>();
    logTail.forEach(line -> tail.add(line.asString()));
    if (golden.name().equals("fail.noBuilder")) {
      // In Nix a process of its own says it, in a frame of blanks and colours
      assertThat(tail).containsExactly(
          "executing '/nix/store/9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb/nonexistent': No such file or directory");
      return;
    }
    List<String> lines = LOG_LINE.matcher(error).results().map(match -> match.group(1)).toList();
    if (error.contains("last 10 log lines"))
      assertThat(tail).hasSizeGreaterThan(10).endsWith(lines.toArray(String[]::new));
    else if (EXIT_CODE.matcher(error).find())
      assertThat(tail).isEqualTo(lines);
  }

  @Test
  void refusesAFixedOutputThatRefersToAPath() throws Exception {
    Answer answer = answer(Objects.requireNonNull(GoldenCases.named(BAD_REFERENCES).outputs().get("out")));
    assertThat(answer.status()).isEqualTo(424);
    assertThat(answer.body()).contains("illegal path references in fixed-output derivation",
        "/nix/store/fb0magjvpcrc85d3wsxwbj14gy9vbg6r-trivial");
  }

  /** In Nix's store, a build that root ran changed it. */
  @Test
  void keepsAnInputAsItIsWhoeverWritesToIt() throws Exception {
    StorePath victim = Objects.requireNonNull(GoldenCases.named("fail.writeVictim").outputs().get("out"));
    assertThat(kiln.get("/store/" + encoded(victim)).body()).isEqualTo("victim\n");
  }

  /** What differs from Nix's sandbox is named here, with its reason. */
  @Test
  void showsBuildersWhatNixShowsThem() throws Exception {
    StorePath output = Objects.requireNonNull(GoldenCases.named(SANDBOX_VIEW).outputs().get("out"));
    Map<String, String> nix = sections(Files.readString(GoldenCases.nar(output), StandardCharsets.ISO_8859_1));
    Map<String, String> kilns = sections(kiln.get("/store/" + encoded(output)).body());
    // Of the machine, not of the sandbox
    nix.put("env", replaced(nix, "env", "CORES=2", "CORES=" + Runtime.getRuntime().availableProcessors()));
    for (Map<String, String> view : List.of(nix, kilns)) {
      view.put("dev", replaced(view, "dev", "kvm\n", ""));
      view.put("uname", replaced(view, "uname", "\\S+$", ""));
    }
    assertThat(kilns.keySet()).isEqualTo(nix.keySet());
    for (String heading : List.of("build", "dev", "env", "etc", "hostname", "id", "ifaces", "pid", "pwd", "stdin",
        "umask",
        "uname"))
      assertThat(kilns.get(heading)).as(heading).isEqualTo(nix.get(heading));
    // Nix takes capabilities from its builders, but leaves them what a set-user-ID program could take back
    assertThat(kilns.get("caps")).isEqualTo(replaced(nix, "caps", "(?m)^(CapBnd:\t).*$", "$10000000000000000"));
    // The shell that Nix's configuration gave its sandbox only where it was told to
    assertThat(kilns.get("root")).isEqualTo("bin\n" + nix.get("root"));
    Map<String, String> mounts = mounts(kilns);
    // what a Kiln that runs as root keeps builders from, which are root of the machine's too: IsolationIT has more
    mounts.keySet().removeIf(place -> place.startsWith("/proc/"));
    assertMounts(mounts, mounts(nix));
  }

  /** By place: type and options. */
  private static Map<String, String> mounts(Map<String, String> view) {
    var mounts = new TreeMap<String, String>();
    Objects.requireNonNull(view.get("mounts")).lines().map(line -> line.split(" ", 2))
        .forEach(mount -> mounts.put(mount[0], mount[1]));
    mounts.remove("/dev/kvm");
    return mounts;
  }

  /** Kiln's mounts are tighter, and /tmp is one of them, because the root is not to be written to. */
  private static void assertMounts(Map<String, String> kilns, Map<String, String> nix) {
    var places = new TreeSet<>(nix.keySet());
    places.add("/tmp");
    assertThat(kilns.keySet()).isEqualTo(places);
    kilns.forEach((place, mount) -> assertThat(mount).as(place).contains("nosuid"));
    var readOnly = kilns.entrySet().stream().filter(mount -> mount.getValue().contains(" ro,")).map(Map.Entry::getKey)
        .toList();
    assertThat(readOnly).containsExactly("/", "/nix/store/9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb");
  }

  private static String replaced(Map<String, String> view, String heading, String pattern, String by) {
    return Objects.requireNonNull(view.get(heading)).replaceAll(pattern, by);
  }

  @Test
  void showsTheNetworkToFixedOutputsAlone() throws Exception {
    String machine = Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
    assertThat(log("fod.netView")).contains("net -> " + machine, "nsswitch.conf", "resolv.conf", "proxy=");
    assertThat(log("fod.noNetView")).contains("net -> ", " lo: ").doesNotContain(machine, "nsswitch.conf",
        "resolv.conf");
  }

  private String log(String name) throws IOException {
    String derivation = GoldenCases.named(name).derivation().baseName();
    JsonNode build = kiln.json("/api/v1/builds?derivation=" + derivation).get(0);
    return kiln.get(build.get("log").asString()).body();
  }

  /** @return by heading */
  private static Map<String, String> sections(String view) {
    var sections = new TreeMap<String, String>();
    String[] all = view.split("# ", -1);
    for (int i = 1; i < all.length; i++) {
      String[] section = all[i].split("\n", 2);
      // A NAR goes on behind the file
      sections.put(section[0], section[1].substring(0, section[1].lastIndexOf('\n') + 1));
    }
    return sections;
  }
}
