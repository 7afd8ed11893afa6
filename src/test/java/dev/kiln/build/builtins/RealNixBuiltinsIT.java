package dev.kiln.build.builtins;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;

import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.NixClient;
import dev.kiln.harness.Programs;
import dev.kiln.harness.TemporaryDirectories;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;

import static org.assertj.core.api.Assertions.assertThat;

/** The machine's Nix and Kiln make the same user environments and channels, or refuse them for the same reason. */
@KilnTest
@TestInstance(Lifecycle.PER_CLASS)
class RealNixBuiltinsIT {

  /** Makes the packages that the environments below are of: {@code a} … in the current directory. */
  private static final String PACKAGES = """
      set -e
      for p in a b c; do mkdir -p $p/bin $p/share/doc/$p $p/lib/only-$p; echo $p > $p/bin/$p; echo $p > $p/share/doc/$p/README; done
      echo a > a/bin/same; echo b > b/bin/same
      mkdir -p a/nix-support a/.hidden a/log a/share/info b/share/info a/lib/deep/er b/lib/deep/er
      echo x > a/nix-support/setup; echo x > a/propagated-build-inputs; echo x > a/manifest.nix; echo x > a/manifest.json
      echo x > a/.hidden/file; echo x > a/log/file; echo a > a/share/info/dir; echo b > b/share/info/dir
      echo a > a/lib/deep/er/a; echo b > b/lib/deep/er/b; echo a > a/lib/perllocal.pod
      ln -s nowhere a/bin/dangling; ln -s README a/share/doc/a/link; ln -s bin a/sbin; mkdir c/sbin; echo c > c/sbin/tool
      ln -s loop1 c/loop2 && rm c/loop2
      mkdir -p file dir/x loop; echo f > file/x; echo d > dir/x/y; ln -s self loop/self
      echo plain > plain; printf 'name\\377\\n' > c/bin/"$(printf 'n\\303\\244me ?')"
      mkdir -p nix-2/chan/sub; echo 'x: x' > nix-2/chan/default.nix; echo run > nix-2/chan/sub/run; chmod +x nix-2/chan/sub/run
      ln -s default.nix nix-2/chan/link; mkdir nix-2/chan/empty
      mkdir tars two; (cd nix-2; tar cf ../tars/plain.tar chan; tar czf ../tars/gz.tar.gz chan; tar cJf ../tars/xz.tar.xz chan
        tar cjf ../tars/bz2.tar.bz2 chan; tar cJf ../tars/xz-by-content.tar.gz ./chan; tar --format=pax -czf ../tars/pax.tar.gz chan
        tar czf ../tars/file.tar.gz -C chan default.nix; cp -r chan other; tar czf ../tars/two.tar.gz chan other; rm -r other)
      echo no > tars/none.tar.gz
      """;

  private NixClient nix;
  private KilnClient kiln;
  private final Map<String, String> derivations = new LinkedHashMap<>();

  private static Map<String, String> environments() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("empty", "");
    all.put("one", "true 5 1 ${a}");
    all.put("disjoint", "true 5 1 ${b} true 5 1 ${c}");
    all.put("priorities", "true 5 1 ${a} true 4 1 ${b}");
    all.put("reversed", "true 3 1 ${a} true 4 1 ${b}");
    all.put("negative", "true -3 1 ${b} true -2 1 ${a}");
    all.put("inactive", "true 5 1 ${a} false 5 1 ${b}");
    all.put("outputs", "true 5 2 ${b} ${c}");
    all.put("twice", "true 5 1 ${a} true 7 1 ${a}");
    all.put("a-file", "true 5 1 ${plain} true 5 1 ${c}");
    all.put("all", "true 5 1 ${a} true 6 1 ${b} true 7 1 ${c}");
    all.put("below", "true 5 1 ${a}/share");
    all.put("propagates", "true 5 1 ${prop} true 5 1 ${c}");
    all.put("same-priority", "true 5 1 ${a} true 5 1 ${b}");
    all.put("file-then-directory", "true 1 1 ${file} true 2 1 ${dir}");
    all.put("directory-then-file", "true 1 1 ${dir} true 2 1 ${file}");
    all.put("missing", "true 5 1 /nix/store/00000000000000000000000000000000-missing");
    all.put("loop", "true 5 1 ${loop}");
    all.put("no-number", "true x 1 ${a}");
    return all;
  }

  private static Map<String, String> channels() {
    Map<String, String> all = new LinkedHashMap<>();
    for (String tar : List.of("plain.tar", "gz.tar.gz", "xz.tar.xz", "bz2.tar.bz2", "xz-by-content.tar.gz",
        "pax.tar.gz",
        "file.tar.gz", "two.tar.gz", "none.tar.gz")) {
      all.put("channel-" + tar, "channelName = \"renamed\"; src = \"${tars}/" + tar + "\";");
    }
    all.put("channel-nameless", "src = \"${tars}/gz.tar.gz\";");
    all.put("channel-nowhere", "channelName = \"x\"; src = \"${tars}/nowhere\";");
    all.put("channel-up", "channelName = \"..\"; src = \"${tars}/gz.tar.gz\";");
    return all;
  }

  static Stream<String> all() {
    return Stream.concat(environments().keySet().stream(), channels().keySet().stream());
  }

  @BeforeAll
  void makesAndRegistersAll(@LocalServerPort int port) throws Exception {
    kiln = new KilnClient(URI.create("http://127.0.0.1:" + port));
    nix = new NixClient("sandbox = true");
    Path directory = TemporaryDirectories.create("kiln-builtins-");
    Programs.run("sh", "-c", "cd '" + directory + "'; " + PACKAGES);
    StringBuilder list = new StringBuilder(
        """
            let
              source = name: builtins.path { path = ./. + "/${name}"; inherit name; };
              a = source "a"; b = source "b"; c = source "c"; file = source "file"; dir = source "dir"; loop = source "loop";
              plain = source "plain"; tars = source "tars";
              prop = source "prop";
            in [
            """);
    // What a package propagates is told by store path
    Path propagating = Files.createDirectories(directory.resolve("prop/nix-support"));
    List<String> sources = new ArrayList<>();
    for (String name : List.of("a", "b", "c", "file", "dir", "loop", "plain", "tars")) {
      sources.add(nix.run("nix-store", "--add", directory.resolve(name).toString()).ok().strip());
    }
    Files.writeString(propagating.resolve("propagated-user-env-packages"), sources.get(1) + " \n" + sources.get(0)
        + "\n");
    sources.add(nix.run("nix-store", "--add", directory.resolve("prop").toString()).ok().strip());
    environments().forEach((name, packages) -> list.append("(derivation { name = \"").append(name).append(
        "\"; system = \"builtin\"; builder = \"builtin:buildenv\"; manifest = \"${plain}\"; all = [ a b c prop ]; derivations = \"")
        .append(packages).append("\"; })\n"));
    channels().forEach((name, attributes) -> list.append("(derivation { name = \"").append(name).append(
        "\"; system = \"builtin\"; builder = \"builtin:unpack-channel\"; ").append(attributes).append(" })\n"));
    Path expression = Files.writeString(directory.resolve("x.nix"), list + "]");
    List<String> paths = nix.run("nix-instantiate", expression.toString()).ok().lines().toList();
    List<String> names = all().toList();
    assertThat(paths).hasSameSizeAs(names);
    for (int i = 0; i < names.size(); i++) {
      derivations.put(names.get(i), baseName(paths.get(i)));
    }
    for (String source : sources) {
      byte[] nar = Programs.run("nix-store", "--dump", nix.root() + source);
      HttpResponse<String> imported = kiln.put("/api/v1/sources/" + baseName(source).substring(33), KilnClient.NAR,
          nar);
      assertThat(kiln.parse(imported.body()).get("path").asString()).isEqualTo(source);
    }
    var tar = new ArrayList<>(List.of("tar", "--create", "--directory", nix.root().resolve("nix/store").toString()));
    tar.addAll(derivations.values());
    HttpResponse<String> registered = kiln.post("/api/v1/derivations", KilnClient.TAR,
        Programs.run(tar.toArray(String[]::new)));
    assertThat(registered.statusCode()).as(registered.body()).isEqualTo(200);
  }

  @AfterAll
  void close() {
    kiln.close();
  }

  @ParameterizedTest
  @MethodSource("all")
  void areWhatNixMakesOfThem(String name) throws Exception {
    String derivation = "/nix/store/" + derivations.get(name);
    String output = nix.run("nix-store", "--query", "--outputs", derivation).ok().strip();
    NixClient.Result built = nix.run("nix-store", "--realise", derivation);
    HttpResponse<String> read = kiln.get("/api/v1/stat/" + baseName(output) + "?follow=true");
    HttpResponse<String> listed = kiln.get("/store/" + baseName(output));
    if (built.exit() == 0) {
      assertThat(listed.statusCode()).as(listed.body() + read.body()).isEqualTo(200);
      assertSame(output);
    } else {
      assertThat(listed.statusCode()).as(built.err() + listed.body()).isEqualTo(424);
      assertThat(listed.body()).contains("builder failed with exit code 1");
    }
  }

  private void assertSame(String output) throws IOException {
    JsonNode ours = kiln.json("/api/v1/paths/" + baseName(output));
    JsonNode theirs = kiln.parse(nix.run("nix", "path-info", "--json", output).ok()).get(0);
    assertThat(ours.get("narHash").asString()).as(nix.run("find", nix.root() + output, "-ls").out()).isEqualTo(
        NixHash.parse(theirs.get("narHash").asString(), HashAlgorithm.SHA256).sri());
    assertThat(ours.get("narSize").asLong()).isEqualTo(theirs.get("narSize").asLong());
    List<String> references = new ArrayList<>();
    theirs.get("references").forEach(reference -> references.add(reference.asString()));
    List<String> our = new ArrayList<>();
    ours.get("references").forEach(reference -> our.add(reference.asString()));
    assertThat(our).containsExactlyInAnyOrderElementsOf(references);
  }

  private static String baseName(String storePath) {
    return storePath.substring("/nix/store/".length());
  }
}
