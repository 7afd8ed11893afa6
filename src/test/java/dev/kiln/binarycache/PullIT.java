package dev.kiln.binarycache;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import dev.kiln.castore.Castore;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.fs.PackedBlobs;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.NixClient;
import dev.kiln.harness.RawHttp;
import dev.kiln.harness.TemporaryDirectories;
import dev.kiln.hash.NixHash;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.realise.Realiser;
import dev.kiln.register.DerivationRegistrar;
import dev.kiln.register.SourceImporter;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

/** Debian's Nix pulls from Kiln. */
@KilnTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PullIT {

  private static final List<String> CASES = List.of("basic.trivial", "basic.emptyDir", "basic.emptyFile",
      "basic.execFile", "basic.symlinkOut", "basic.modes", "basic.useMulti", "refs.selfRef", "refs.hashInName",
      "graphs.refChain5", "trees.names", "trees.tree", "texts.name2");

  @LocalServerPort
  int port;
  @Value("${kiln.data-dir}")
  Path dataDirectory;
  @Autowired
  DerivationRegistrar registrar;
  @Autowired
  SourceImporter importer;
  @Autowired
  Realiser realiser;
  @Autowired
  PackedBlobs blobs;
  @Autowired
  Castore castore;

  private final HttpClient http = HttpClient.newHttpClient();
  private GoldenKiln kiln;
  private List<PathInfo> built;

  @BeforeAll
  void build() throws Exception {
    kiln = new GoldenKiln(registrar, importer, realiser);
    built = kiln.build(CASES);
  }

  @AfterAll
  void close() {
    http.close();
  }

  private String url() {
    return "http://127.0.0.1:" + port;
  }

  private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(url() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private String text(String path) throws Exception {
    return new String(get(path).body(), java.nio.charset.StandardCharsets.UTF_8);
  }

  private String publicKey() throws Exception {
    return text("/api/v1/public-key").strip();
  }

  private static String nar(PathInfo info) {
    return "/nar/" + info.narHash().base32() + ".nar";
  }

  private static NixHash sha256(byte[] bytes) throws Exception {
    return NixHash.sha256(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @Test
  void givesTheClientGoldenPathsThatItVerifies() throws Exception {
    NixClient nix = GoldenKiln.trusting(publicKey());
    String[] paths = CASES.stream().map(name -> GoldenKiln.output(name).toString()).toArray(String[]::new);
    nix.run(concat(List.of("nix", "copy", "--from", url(), "--to", nix.root().toString()), paths)).ok();
    JsonNode infos = JsonMapper.shared().readTree(nix.run(concat(List.of("nix", "path-info", "--json"), paths)).ok());
    assertThat(infos.size()).isEqualTo(paths.length);
    for (JsonNode info : infos) {
      StorePath path = StorePath.parse(info.get("path").asString());
      assertThat(NixHash.parse(info.get("narHash").asString())).as(path.toString())
          .isEqualTo(NixHash.parse(GoldenKiln.path(path).get("narHash").asString()));
      assertThat(info.get("references")).isEqualTo(GoldenKiln.path(path).get("references"));
      assertThat(info.get("deriver")).isEqualTo(GoldenKiln.path(path).get("deriver"));
    }
    nix.run("nix-store", "--verify", "--check-contents").ok();
    nix.run(concat(List.of("nix", "store", "verify", "--recursive"), paths)).ok();
  }

  @Test
  void isRefusedByAClientThatTrustsAnotherKey() throws Exception {
    NixClient nix = GoldenKiln.trusting(SigningKey.generate("kiln").publicKey());
    NixClient.Result result = nix.run("nix", "copy", "--from", url(), "--to", nix.root().toString(),
        GoldenKiln.output("basic.trivial").toString());
    assertThat(result.exit()).isNotZero();
    assertThat(result.err()).contains("signature");
  }

  @Test
  void showsThePublicKeyThatNixDerivesFromTheSecretOne() throws Exception {
    Path file = dataDirectory.resolve("signing-key");
    Process convert = new ProcessBuilder("nix", "--extra-experimental-features", "nix-command", "key",
        "convert-secret-to-public").redirectInput(file.toFile()).start();
    assertThat(new String(convert.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).strip())
        .isEqualTo(publicKey());
    assertThat(Files.getPosixFilePermissions(file)).extracting(Enum::name).containsExactlyInAnyOrder("OWNER_READ",
        "OWNER_WRITE");
  }

  @Test
  void letsTheClientListAClosureAndReadFiles() throws Exception {
    NixClient nix = new NixClient();
    String chain = GoldenKiln.output("graphs.refChain5").toString();
    assertThat(nix.run("nix", "path-info", "-r", "--store", url(), chain).ok().lines()).hasSize(5);
    String tree = GoldenKiln.output("trees.tree").toString();
    assertThat(nix.run("nix", "store", "ls", "--store", url(), "-R", tree).ok()).isNotEmpty();
    assertThat(nix.run("nix", "store", "cat", "--store", url(), chain).ok())
        .contains("refchain-3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"trees.tree", "basic.execFile", "basic.emptyFile", "basic.emptyDir", "basic.symlinkOut",
      "refs.selfRef", "texts.name2"})
  void listsWhatNixListsOfTheNar(String name) throws Exception {
    PathInfo info = kiln.build(name);
    Path file = Files.write(TemporaryDirectories.create("kiln-nar-").resolve("nar"), get(nar(info)).body());
    String nix = new NixClient().run("nix", "nar", "ls", "--json", "--recursive", file.toString(), "/").ok();
    JsonNode listing = JsonMapper.shared().readTree(get("/" + info.path().hash() + ".ls").body());
    assertThat(listing.get("version").asInt()).isEqualTo(1);
    assertThat(listing.get("root")).isEqualTo(JsonMapper.shared().readTree(nix));
  }

  @Test
  void servesNarsWholeAndByTheirHash() throws Exception {
    for (PathInfo info : built) {
      var response = get(nar(info));
      assertThat(response.headers().firstValueAsLong("content-length")).hasValue(info.narSize());
      assertThat(response.headers().firstValue("accept-ranges")).hasValue("bytes");
      assertThat(sha256(response.body())).isEqualTo(info.narHash());
    }
  }

  @ParameterizedTest
  @CsvSource({".zst,zstd", ".xz,xz"})
  void compressesWhileSending(String suffix, String program) throws Exception {
    PathInfo info = kiln.build("trees.tree");
    Path file = TemporaryDirectories.create("kiln-nar-").resolve("nar");
    Files.write(file, get(nar(info) + suffix).body());
    Process decoder = new ProcessBuilder(program, "-dc").redirectInput(file.toFile()).start();
    assertThat(sha256(decoder.getInputStream().readAllBytes())).isEqualTo(info.narHash());
    assertThat(decoder.waitFor()).isZero();
  }

  @Test
  void servesEveryRangeOfANar() throws Exception {
    PathInfo info = kiln.build("trees.tree");
    byte[] whole = get(nar(info)).body();
    int step = Math.max(1, whole.length / 61);
    for (int from = 0; from < whole.length; from += step) {
      var rest = get(nar(info), "Range", "bytes=" + from + "-");
      assertThat(rest.statusCode()).isEqualTo(206);
      assertThat(rest.headers().firstValue("content-range"))
          .hasValue("bytes " + from + "-" + (whole.length - 1) + "/" + whole.length);
      assertThat(rest.body()).isEqualTo(Arrays.copyOfRange(whole, from, whole.length));
      int to = Math.min(whole.length - 1, from + 100);
      assertThat(get(nar(info), "Range", "bytes=" + from + "-" + to).body())
          .isEqualTo(Arrays.copyOfRange(whole, from, to + 1));
    }
    assertThat(get(nar(info), "Range", "bytes=-9").body())
        .isEqualTo(Arrays.copyOfRange(whole, whole.length - 9, whole.length));
    assertThat(get(nar(info), "Range", "bytes=" + whole.length + "-").statusCode()).isEqualTo(416);
    assertThat(get(nar(info), "Range", "bytes=x").statusCode()).isEqualTo(200);
    assertThat(get(nar(info), "Range", "bytes=1-2,4-5").body()).isEqualTo(whole);
    assertThat(get(nar(info), "Range", "bytes=1-", "If-Range", "\"other\"").body()).isEqualTo(whole);
    String tag = get(nar(info)).headers().firstValue("etag").orElseThrow();
    assertThat(get(nar(info), "Range", "bytes=1-", "If-Range", tag).statusCode()).isEqualTo(206);
  }

  @Test
  void letsTheClientResumeABrokenDownload() throws Exception {
    PathInfo info = kiln.build("trees.big100");
    try (BreakingProxy proxy = new BreakingProxy(port, 30_000_000)) {
      NixClient nix = GoldenKiln.trusting(publicKey());
      nix.run("nix", "copy", "--from", "http://127.0.0.1:" + proxy.port(), "--to", nix.root().toString(),
          info.path().toString()).ok();
      assertThat(proxy.broken()).isPositive();
      assertThat(proxy.resumed()).isPositive();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/on-demand"})
  void answersHeadWithoutABody(String prefix) throws Exception {
    PathInfo info = kiln.build("basic.trivial");
    for (String path : List.of("/nix-cache-info", "/" + info.path().hash() + ".narinfo", nar(info), nar(info) + ".zst",
        "/" + info.path().hash() + ".ls", "/log/" + info.path().baseName())) {
      var response = http.send(HttpRequest.newBuilder(URI.create(url() + prefix + path)).HEAD().build(),
          HttpResponse.BodyHandlers.ofByteArray());
      assertThat(response.statusCode()).as(path).isEqualTo(200);
      assertThat(response.body()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/00000000000000000000000000000000.narinfo", "/e0000000000000000000000000000000.narinfo",
      "/0.narinfo", "/00000000000000000000000000000000.ls",
      "/nar/0000000000000000000000000000000000000000000000000000.nar",
      "/nar/0000000000000000000000000000000000000000000000000000.nar.xz", "/nar/x.nar",
      "/log/00000000000000000000000000000000-x.drv", "/log/00000000000000000000000000000000-x",
      "/on-demand/00000000000000000000000000000000.narinfo"})
  void saysNotFoundOfWhatIsNotHere(String path) throws Exception {
    assertThat(get(path).statusCode()).isEqualTo(404);
  }

  @Test
  void servesNoNarWhoseContentIsLost() throws Exception {
    var lost = importer.file(new dev.kiln.storepath.StorePathName("lost"), false,
        new java.io.ByteArrayInputStream(new byte[100_000]));
    Files.delete(blobs.path(((FileNode) lost.root()).digest()));
    assertThat(get(nar(lost)).statusCode()).isEqualTo(404);
    assertThat(new String(get(nar(lost)).body(), java.nio.charset.StandardCharsets.UTF_8)).contains("incomplete-nar");
  }

  @Test
  void servesKnownDerivationsAsPaths() throws Exception {
    NixClient nix = GoldenKiln.trusting(publicKey());
    String derivation = GoldenKiln.derivation("graphs.chain3").toString();
    nix.run("nix", "copy", "--derivation", "--from", url(), "--to", nix.root().toString(), derivation).ok();
    nix.run("nix-store", "--verify", "--check-contents").ok();
  }

  @Test
  void buildsOnDemandWhatTheClientSubstitutes() throws Exception {
    StorePath output = GoldenKiln.output("trees.sleep");
    assertThat(get("/" + output.hash() + ".narinfo").statusCode()).isEqualTo(404);
    NixClient nix = GoldenKiln.trusting(publicKey(), "substituters = " + url() + "/on-demand");
    var other = CompletableFuture.supplyAsync(() -> slowNarInfo(output));
    nix.run("nix-store", "--realise", output.toString()).ok();
    assertThat(nix.root().resolve(output.toString().substring(1))).exists();
    assertThat(other.get()).contains("X-Kiln-Wait: building\n", "StorePath: " + output + "\n");
    assertThat(text("/api/v1/builds?derivation=" + GoldenKiln.derivation("trees.sleep").baseName()).split(
        "\"submittedAt\"", -1)).hasSize(2);
  }

  private String slowNarInfo(StorePath output) {
    try {
      return text("/on-demand/" + output.hash() + ".narinfo");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void failsTheClientOnDemandWhenTheBuildFailsAndTellsWhyInTheLog() throws Exception {
    StorePath output = GoldenKiln.output("fail.fail");
    NixClient nix = GoldenKiln.trusting(publicKey(), "substituters = " + url() + "/on-demand");
    NixClient.Result result = nix.run("nix-store", "--realise", output.toString());
    assertThat(result.exit()).isNotZero();
    assertThat(result.err()).contains("424");
    assertThat(get("/on-demand/log/" + output.baseName()).statusCode()).isEqualTo(200);
    assertThat(get("/log/" + GoldenKiln.derivation("fail.fail").baseName()).statusCode()).isEqualTo(200);
  }

  @Test
  void describesThePlainAndTheBuildingCache() throws Exception {
    assertThat(text("/nix-cache-info")).isEqualTo("StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 30\n");
    assertThat(text("/on-demand/nix-cache-info")).isEqualTo("StoreDir: /nix/store\nWantMassQuery: 0\nPriority: 30\n");
  }

  @Test
  void keepsAConnectionForManyLookUps() throws IOException {
    String target = "/" + built.getFirst().path().hash() + ".narinfo";
    String request = "GET " + target + " HTTP/1.1\r\nHost: x\r\n";
    String all = (request + "\r\n").repeat(2) + request + "Connection: close\r\n\r\n";
    RawHttp.Response first = RawHttp.send(URI.create(url()), all);
    assertThat(first.body().split("StorePath: ", -1)).hasSize(4);
  }

  private static String[] concat(List<String> command, String... arguments) {
    return java.util.stream.Stream.concat(command.stream(), Arrays.stream(arguments)).toArray(String[]::new);
  }
}
