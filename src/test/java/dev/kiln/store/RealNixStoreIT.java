package dev.kiln.store;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;

import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Programs;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;

import static org.assertj.core.api.Assertions.assertThat;

/** The machine's Nix evaluates, and both build: Nix in a store of its own below a directory, in its own sandbox. */
@KilnTest
class RealNixStoreIT {

  private static final String EXPRESSION = """
      let
        bb = builtins.path { path = ./bb; name = "bb"; };
        sh = name: attrs: script: derivation ({
          inherit name; system = "x86_64-linux"; builder = "${bb}/busybox"; args = [ "sh" "-e" "-c" script ];
        } // attrs);
        lib = sh "lib" { outputs = [ "out" "dev" ]; src = ./src; }
          "mkdir $out $dev; cp -r $src $out/src; ln -s $out $dev/lib";
        tool = sh "tool" { inherit (lib) dev; }
          "mkdir -p $out/bin; echo \\"cat $dev/lib/src/said\\" > $out/bin/tool; chmod +x $out/bin/tool";
      in sh "top" { inherit tool lib; }
        "mkdir $out; sh $tool/bin/tool > $out/said; ln -s $tool $out/tool; ln -s $lib/src $out/src"
      """;

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  private Path directory;

  @Test
  void whatRealNixInstantiatesIsBuiltAsRealNixBuildsIt(@LocalServerPort int port) throws Exception {
    Path sources = Files.createDirectory(directory.resolve("src"));
    Files.writeString(sources.resolve("said"), "hello from a source\n");
    Files.createSymbolicLink(sources.resolve("link"), Path.of("said"));
    Files.copy(Path.of("/bin/busybox"), Files.createDirectory(directory.resolve("bb")).resolve("busybox"));
    Path expression = Files.writeString(directory.resolve("x.nix"), EXPRESSION);
    String derivation = nix("nix-instantiate", expression.toString()).getFirst();
    String out = nix("nix-store", "--query", "--outputs", derivation).getFirst();
    try (var kiln = new KilnClient(URI.create("http://127.0.0.1:" + port))) {
      post(kiln, nix("nix-store", "--query", "--requisites", derivation));
      HttpResponse<String> said = kiln.get("/store/" + baseName(out) + "/said");
      assertThat(said.body()).isEqualTo("hello from a source\n");
      assertThat(kiln.get("/store/" + baseName(out) + "/src/link").body()).isEqualTo("hello from a source\n");
      nix("nix-store", "--realise", derivation);
      List<String> closure = nix("nix-store", "--query", "--requisites", out);
      JsonNode ours = kiln.json("/api/v1/paths/" + baseName(out) + "/closure");
      assertThat(ours).hasSize(closure.size()).hasSizeGreaterThan(3);
      for (JsonNode info : ours)
        assertNixHasTheSame(info);
      assertThat(Files.readString(physical(out).resolve("said"))).isEqualTo(said.body());
    }
  }

  /** Derivations in one tar, sources as NARs. */
  private void post(KilnClient kiln, List<String> closure) throws IOException {
    var tar = new ArrayList<>(List.of("tar", "--create", "--directory", physical("/nix/store/").toString()));
    closure.stream().filter(path -> path.endsWith(".drv")).map(RealNixStoreIT::baseName).forEach(tar::add);
    HttpResponse<String> registered = kiln.post("/api/v1/derivations", KilnClient.TAR,
        Programs.run(tar.toArray(String[]::new)));
    assertThat(registered.statusCode()).as(registered.body()).isEqualTo(200);
    for (String source : closure.stream().filter(path -> !path.endsWith(".drv")).toList()) {
      byte[] nar = Programs.run("nix-store", "--dump", physical(source).toString());
      HttpResponse<String> imported = kiln.put("/api/v1/sources/" + baseName(source).substring(33), KilnClient.NAR,
          nar);
      assertThat(kiln.parse(imported.body()).get("path").asString()).isEqualTo(source);
    }
  }

  private void assertNixHasTheSame(JsonNode info) throws IOException {
    String path = info.get("path").asString();
    String hash = nix("nix-store", "--query", "--hash", path).getFirst();
    assertThat(info.get("narHash").asString()).as(path).isEqualTo(NixHash.parse(hash, HashAlgorithm.SHA256).sri());
    assertThat(info.get("narSize").asString()).as(path)
        .isEqualTo(nix("nix-store", "--query", "--size", path).getFirst());
    assertThat(GoldenCases.strings(info.get("references"))).as(path)
        .containsExactlyInAnyOrderElementsOf(nix("nix-store", "--query", "--references", path));
    String deriver = nix("nix-store", "--query", "--deriver", path).getFirst();
    assertThat(info.has("deriver") ? info.get("deriver").asString() : "unknown-deriver").isEqualTo(deriver);
  }

  /** @return the lines that it printed */
  private List<String> nix(String program, String... arguments) throws IOException {
    var command = new ArrayList<>(List.of(program, "--store", directory.resolve("root").toString()));
    command.addAll(List.of(arguments));
    byte[] output = Programs.run(Map.of("HOME", directory.toString(), "NIX_CONFIG", """
        substitute = false
        build-users-group =
        sandbox = true
        """), command.toArray(String[]::new));
    return new String(output, StandardCharsets.UTF_8).lines().toList();
  }

  private Path physical(String storePath) {
    return directory.resolve("root" + storePath);
  }

  private static String baseName(String storePath) {
    return storePath.substring("/nix/store/".length());
  }
}
