package dev.kiln.store;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

import dev.kiln.bytes.ByteString;
import dev.kiln.harness.GoldenFiles;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.NixClient;
import dev.kiln.harness.Programs;
import dev.kiln.harness.TemporaryDirectories;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.NarSink;

import static java.io.OutputStream.nullOutputStream;
import static org.assertj.core.api.Assertions.assertThat;

/** The machine's Nix and Kiln build the same fixed outputs, or refuse them for the same reason. */
// a Kiln of its own, which builds each of them although their content is the same
@KilnTest
@TestPropertySource(properties = {"kiln.build.max-jobs=2", "kiln.build.reuse-fixed-outputs=false"})
@TestInstance(Lifecycle.PER_CLASS)
class RealNixFixedOutputsIT {

  private static final ByteString HELLO = ByteString.utf8("hello");
  private static final String RIGHT = NixHash.sha256Of(HELLO).base16();
  private static final String DIRECTORY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  private NixClient nix;
  private KilnClient kiln;
  private final Map<String, String> derivations = new LinkedHashMap<>();

  /** By name: what is said of the output, and the script that makes it. */
  private static Map<String, String> expressions() throws IOException {
    Map<String, String> all = new LinkedHashMap<>();
    for (HashAlgorithm algorithm : HashAlgorithm.values()) {
      MessageDigest digest = algorithm.newDigest();
      HELLO.update(digest);
      add(all, "flat", NixHash.finish(algorithm, digest));
      var nar = new HashingOutputStream(nullOutputStream(), algorithm);
      new NarSink(nar).file(null, false, HELLO.length(), HELLO.newInput());
      add(all, "recursive", nar.hash());
    }
    return all;
  }

  private static void add(Map<String, String> all, String mode, NixHash hash) {
    Map<String, String> spellings = Map.of("base16", hash.base16(), "base32", hash.base32(), "base64", hash.base64(),
        "sri", hash.sri(), "prefixed", hash.prefixedBase32());
    spellings.forEach((spelling, text) -> {
      String name = mode + "-" + hash.algorithm().nixName() + "-" + spelling;
      all.put(name, expression(name, hash.algorithm().nixName(), mode, text, "printf hello > $out"));
    });
  }

  private static String expression(String name, String algorithm, String mode, String hash, String script) {
    return "(make \"%s\" { outputHashAlgo = \"%s\"; outputHashMode = \"%s\"; outputHash = \"%s\"; } \"%s\")"
        .formatted(name, algorithm, mode, hash, script);
  }

  private static Map<String, String> refusedExpressions() {
    Map<String, String> all = new LinkedHashMap<>();
    Map.of("executable", "printf hello > $out; chmod +x $out", "directory", "mkdir $out", "link", "ln -s /bin $out",
        "nothing", "true", "other", "printf other > $out", "fails", "exit 3").forEach(
            (name, script) -> all.put(
                "flat-" + name, expression("flat-" + name, "sha256", "flat", RIGHT, script)));
    for (HashAlgorithm algorithm : HashAlgorithm.values()) {
      String wrong = "0".repeat(2 * algorithm.length());
      for (String mode : List.of("flat", "recursive")) {
        String name = "wrong-" + mode + "-" + algorithm.nixName();
        all.put(name, expression(name, algorithm.nixName(), mode, wrong, "printf hello > $out"));
      }
    }
    all.put("wrong-directory",
        expression("wrong-directory", "sha256", "recursive", DIRECTORY, "mkdir $out; printf hello > $out/x"));
    return all;
  }

  static Stream<String> built() throws IOException {
    return expressions().keySet().stream();
  }

  static Stream<String> refused() {
    return refusedExpressions().keySet().stream();
  }

  @BeforeAll
  void instantiatesAndRegistersAll(@LocalServerPort int port) throws Exception {
    kiln = new KilnClient(URI.create("http://127.0.0.1:" + port));
    nix = new NixClient("sandbox = true");
    Path directory = TemporaryDirectories.create("kiln-fixed-");
    Files.copy(Path.of("/bin/busybox"), Files.createDirectory(directory.resolve("bb")).resolve("busybox"));
    Map<String, String> all = expressions();
    all.putAll(refusedExpressions());
    Path expression = Files.writeString(directory.resolve("x.nix"), """
        let
          bb = builtins.path { path = ./bb; name = "bb"; };
          make = name: attrs: script: derivation ({
            inherit name; system = "x86_64-linux"; builder = "${bb}/busybox"; args = [ "sh" "-e" "-c" script ];
          } // attrs);
        in [
        """ + String.join("\n", all.values()) + "\n]");
    List<String> paths = nix.run("nix-instantiate", expression.toString()).ok().lines().toList();
    int at = 0;
    for (String name : all.keySet()) {
      derivations.put(name, baseName(paths.get(at++)));
    }
    GoldenFiles.importBusybox(kiln);
    var tar = new ArrayList<>(
        List.of("tar", "--create", "--directory", nix.root().resolve("nix/store").toString()));
    tar.addAll(derivations.values());
    HttpResponse<String> registered = kiln.post("/api/v1/derivations", KilnClient.TAR,
        Programs.run(tar.toArray(String[]::new)));
    assertThat(registered.statusCode()).as(registered.body()).isEqualTo(200);
    assertThat(kiln.parse(registered.body()).get("missingSources")).isEmpty();
  }

  @AfterAll
  void close() {
    kiln.close();
  }

  private String output(String name) throws IOException {
    return nix.run("nix-store", "--query", "--outputs", "/nix/store/" + derivations.get(name)).ok().strip();
  }

  @ParameterizedTest
  @MethodSource("built")
  void areWhatNixMakesOfThem(String name) throws Exception {
    String output = output(name);
    assertThat(nix.run("nix-store", "--realise", "/nix/store/" + derivations.get(name)).ok().strip()).isEqualTo(output);
    JsonNode theirs = kiln.parse(nix.run("nix", "path-info", "--json", output).ok()).get(0);
    HttpResponse<String> read = kiln.get("/store/" + baseName(output));
    assertThat(read.body()).isEqualTo("hello");
    JsonNode ours = kiln.json("/api/v1/paths/" + baseName(output));
    assertThat(ours.get("ca").asString()).isEqualTo(theirs.get("ca").asString());
    assertThat(ours.get("deriver").asString()).isEqualTo(theirs.get("deriver").asString());
    assertThat(ours.get("narHash").asString()).isEqualTo(
        NixHash.parse(theirs.get("narHash").asString(), HashAlgorithm.SHA256).sri());
    assertThat(ours.get("narSize").asLong()).isEqualTo(theirs.get("narSize").asLong());
    assertThat(ours.get("references")).isEmpty();
    assertThat(theirs.get("references")).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("refused")
  void areRefusedAsNixRefusesThem(String name) throws Exception {
    NixClient.Result theirs = nix.run("nix-store", "--realise", "/nix/store/" + derivations.get(name));
    assertThat(theirs.exit()).isNotZero();
    String output = baseName(output(name));
    HttpResponse<String> read = kiln.get("/store/" + output);
    assertThat(read.statusCode()).as(read.body()).isEqualTo(424);
    JsonNode problem = kiln.parse(read.body());
    String detail = problem.get("detail").asString();
    List<String> hashes = Pattern.compile("(specified|got): +(\\S+)").matcher(theirs.err()).results()
        .map(hash -> hash.group(1) + ": " + hash.group(2)).toList();
    assertThat(hashes).hasSize(theirs.exit() == 102 ? 2 : 0);
    hashes.forEach(hash -> assertThat(detail).contains(hash));
    for (String reason : List.of("should be a non-executable regular file", "failed to produce output path",
        "failed with exit code 3", "hash mismatch in fixed-output derivation")) {
      assertThat(detail.contains(reason)).as(detail).isEqualTo(theirs.err().contains(reason));
    }
    assertThat(kiln.get("/api/v1/paths/" + output).statusCode()).isEqualTo(404);
  }

  /** Also if the machine has none: then Nix shows none, either. */
  @Test
  void aloneSeeWhatTheNetworkNeeds() throws Exception {
    Path directory = TemporaryDirectories.create("kiln-network-");
    Files.copy(Path.of("/bin/busybox"), Files.createDirectory(directory.resolve("bb")).resolve("busybox"));
    String script = "for f in resolv.conf hosts services nsswitch.conf; do [ ! -e /etc/$f ] || echo sees $f; done >&2;"
        + " [ ! -s /etc/ssl/certs/ca-certificates.crt ] || echo sees certificates >&2;"
        + " cat /proc/net/dev | while read -r name rest; do echo interface $name >&2; done; printf hello > $out";
    Path expression = Files.writeString(directory.resolve("x.nix"), """
        let
          bb = builtins.path { path = ./bb; name = "bb"; };
          make = name: attrs: derivation ({
            inherit name; system = "x86_64-linux"; builder = "${bb}/busybox"; args = [ "sh" "-e" "-c" ''%s'' ];
          } // attrs);
        in [ (make "fixed-view" { outputHashAlgo = "sha256"; outputHash = "%s"; }) (make "view" { }) ]
        """.formatted(script, RIGHT));
    List<String> paths = nix.run("nix-instantiate", expression.toString()).ok().lines().toList();
    HttpResponse<String> registered = kiln.post("/api/v1/derivations", KilnClient.TAR,
        Programs.run("tar", "--create", "--directory", nix.root().resolve("nix/store").toString(),
            baseName(paths.get(0)), baseName(paths.get(1))));
    assertThat(registered.statusCode()).as(registered.body()).isEqualTo(200);
    String fixed = log(paths.get(0));
    assertThat(fixed).contains("sees hosts", "sees resolv.conf", "sees nsswitch.conf");
    for (String name : List.of("services", "ssl/certs/ca-certificates.crt")) {
      boolean here = Files.exists(Path.of("/etc").resolve(name));
      String seen = name.equals("services") ? "sees services" : "sees certificates";
      assertThat(fixed.contains(seen)).as(fixed).isEqualTo(here);
    }
    String plain = log(paths.get(1));
    assertThat(plain.lines().filter(line -> line.startsWith("sees "))).containsExactly("sees hosts");
    assertThat(plain.lines().filter(line -> line.matches("interface \\S+:.*"))).containsExactly("interface lo:");
  }

  private String log(String derivation) throws IOException {
    String output = nix.run("nix-store", "--query", "--outputs", derivation).ok().strip();
    assertThat(kiln.get("/store/" + baseName(output)).body()).isEqualTo("hello");
    JsonNode build = kiln.json("/api/v1/builds?derivation=" + baseName(derivation)).get(0);
    return kiln.get(build.get("log").asString()).body();
  }

  private static String baseName(String storePath) {
    return storePath.substring("/nix/store/".length());
  }
}
