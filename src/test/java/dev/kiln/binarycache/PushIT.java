package dev.kiln.binarycache;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

import dev.kiln.castore.Castore;
import dev.kiln.datadir.DataDirectory;
import dev.kiln.derivation.Derivations;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.NixClient;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.NarWriter;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

/** What Debian's Nix pushes. */
@KilnTest
class PushIT {

  @LocalServerPort
  int port;
  @Autowired
  PathInfos pathInfos;
  @Autowired
  Derivations derivations;
  @Autowired
  UploadedNars nars;
  @Autowired
  UploadedLogs logs;
  @Autowired
  Castore castore;
  @Autowired
  DataDirectory data;
  @TempDir
  Path files;

  private NixClient nix;
  private String tree;

  /** A tree with everything that a NAR can have, and content that no other test has sent. */
  @BeforeEach
  void makeTree() throws IOException {
    Path top = Files.createDirectory(files.resolve("tree"));
    byte[] random = new byte[300_000];
    new Random().nextBytes(random);
    Files.write(top.resolve("random"), random);
    Files.write(top.resolve("zeros"), new byte[3_000_000]);
    Files.createDirectories(top.resolve("deep/er"));
    Files.writeString(top.resolve("deep/er/text"), "text\n");
    Files.createSymbolicLink(top.resolve("link"), Path.of("deep/../deep/er/text"));
    Path program = Files.writeString(top.resolve("deep/run"), "#!/bin/sh\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
    nix = new NixClient();
    tree = nix.run("nix-store", "--add", top.toString()).ok().strip();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "?compression=none", "?compression=xz", "?compression=xz&parallel-compression=true",
      "?compression=zstd", "?compression=zstd&compression-level=19", "?compression=bzip2", "?compression=gzip",
      "?compression=br", "?compression=lz4", "?compression=lzip", "?compression=lzma", "?compression=compress"})
  void takesEveryCompressionThatNixHas(String query) throws IOException {
    copy(query, tree).ok();
    assertHere(tree);
    assertNothingWaits();
  }

  /** A client remembers the narinfos that it sent, and asks for the files that they name. */
  @ParameterizedTest
  @ValueSource(strings = {"none", "xz", "zstd", "bzip2", "gzip", "br", "lz4", "lzip", "lzma"})
  void givesAPathBackToTheClientThatSentIt(String compression) throws IOException {
    copy("?compression=" + compression, tree).ok();
    nix.run("nix-store", "--delete", tree).ok();
    nix.run("nix", "copy", "--no-check-sigs", "--from", "http://127.0.0.1:" + port + "?compression=" + compression,
        "--to",
        nix.root().toString(), tree).ok();
    nix.run("nix-store", "--verify", "--check-contents").ok();
    assertThat(nix.root().resolve(tree.substring(1)).resolve("link")).hasContent("text\n");
  }

  @Test
  void tellsWhatToDoWhereItCannotGiveAFileBackByTheNameThatTheClientGaveIt() throws IOException {
    copy("?compression=compress", tree).ok();
    Path cache = files.resolve("cache");
    nix.run("nix", "copy", "--to", "file://" + cache + "?compression=compress", tree).ok();
    String name = tree.substring("/nix/store/".length(), "/nix/store/".length() + 32) + ".narinfo";
    String url = NarInfo.parse(Files.readAllBytes(cache.resolve(name))).file().url();
    try (RawCache raw = new RawCache(port)) {
      var answer = raw.get("/" + url);
      assertThat(answer.statusCode()).isEqualTo(404);
      assertThat(answer.body()).contains("urn:kiln:problem:nar-not-written", "'compress'", "narinfo");
      assertThat(raw.get("/" + name).body()).contains("Compression: none");
    }
  }

  @Test
  void takesPathsWithReferencesInTheirOrder() throws IOException {
    Path expression = Files.writeString(files.resolve("refs.nix"), """
        let a = builtins.toFile "a" "a"; b = builtins.toFile "b" "b ${a}"; in builtins.toFile "c" "c ${a} ${b}"
        """);
    String c = nix.run("nix", "eval", "--raw", "--impure", "--file", expression.toString()).ok().strip();
    copy("", c).ok();
    PathInfo info = assertHere(c);
    assertThat(info.references()).hasSize(2).allSatisfy(reference -> assertHere(reference.toString()));
    assertThat(info.ca()).isPresent();
  }

  @Test
  void refusesAPathWhoseReferencesAreMissing() throws IOException {
    Path expression = Files.writeString(files.resolve("refs.nix"), """
        let a = builtins.toFile "a%1$s" "%1$s"; in builtins.toFile "c" "${a}"
        """.formatted(System.nanoTime()));
    String c = nix.run("nix", "eval", "--raw", "--impure", "--file", expression.toString()).ok().strip();
    Path cache = files.resolve("cache");
    nix.run("nix", "copy", "--to", "file://" + cache, c).ok();
    String name = c.substring("/nix/store/".length(), "/nix/store/".length() + 32) + ".narinfo";
    NarInfo info = NarInfo.parse(Files.readAllBytes(cache.resolve(name)));
    try (RawCache raw = new RawCache(port)) {
      assertThat(raw.put("/" + info.file().url(), Files.readAllBytes(cache.resolve(info.file().url()))).statusCode())
          .isEqualTo(201);
      var answer = raw.put("/" + name, Files.readAllBytes(cache.resolve(name)));
      assertThat(answer.statusCode()).isEqualTo(422);
      assertThat(answer.body()).contains("urn:kiln:problem:missing-references",
          info.references().getFirst().toString());
    }
    assertThat(pathInfos.find(StorePath.parse(c).hash())).isEmpty();
  }

  @Test
  void keepsSignaturesAndTakesMoreLater() throws IOException {
    String keys = nix.run("nix", "key", "generate-secret", "--key-name", "first-1").ok();
    Path first = Files.writeString(files.resolve("first"), keys);
    Path second = Files.writeString(files.resolve("second"),
        nix.run("nix", "key", "generate-secret", "--key-name", "second-1").ok());
    copy("?secret-key=" + first, tree).ok();
    assertThat(assertHere(tree).signatures()).extracting("keyName").containsExactly("first-1");
    nix.run("nix", "store", "sign", "--key-file", second.toString(), tree).ok();
    // a copy skips what is here: the narinfo is sent again as "nix store sign --store" does
    Path cache = files.resolve("cache");
    nix.run("nix", "copy", "--to", "file://" + cache, tree).ok();
    String name = tree.substring("/nix/store/".length(), "/nix/store/".length() + 32) + ".narinfo";
    try (RawCache raw = new RawCache(port)) {
      assertThat(raw.put("/" + name, Files.readAllBytes(cache.resolve(name))).statusCode()).isEqualTo(200);
      assertThat(raw.put("/" + name, Files.readAllBytes(cache.resolve(name))).statusCode()).isEqualTo(200);
    }
    assertThat(assertHere(tree).signatures()).extracting("keyName").containsExactly("first-1", "second-1");
  }

  @Test
  void takesListingsAndKeepsLogs() throws IOException {
    copy("?write-nar-listing=true", tree).ok();
    assertHere(tree);
    String log = "built\nelsewhere\n";
    String derivation = "kgdfab0v1jirjd7fsbw7pmz2jnlv3dgv-what?id=1.drv";
    try (RawCache raw = new RawCache(port)) {
      assertThat(raw.put("/log/" + derivation, log.getBytes(StandardCharsets.UTF_8)).statusCode())
          .isEqualTo(201);
    }
    var blob = logs.find(StorePath.parseBaseName(derivation).hash()).orElseThrow();
    assertThat(blob.size()).isEqualTo(log.length());
    assertThat(castore.blobs().contains(blob.digest())).isTrue();
  }

  @Test
  void makesPushedDerivationsKnown() throws IOException {
    Path expression = Files.writeString(files.resolve("drv.nix"),
        """
            let leaf = derivation { name = "leaf"; system = "x86_64-linux"; builder = "/bin/sh"; args = ["-c" "echo %1$s > $out"]; };
            in derivation { name = "top?id=1"; system = "x86_64-linux"; builder = "/bin/sh"; args = ["-c" "read x < ${leaf}; echo $x > $out"]; }
            """
            .formatted(System.nanoTime()));
    String drv = nix.run("nix-instantiate", expression.toString()).ok().strip();
    nix.run("nix", "copy", "--derivation", "--to", url(""), drv).ok();
    StorePath path = StorePath.parse(drv);
    PathInfo info = assertHere(drv);
    assertThat(info.references()).hasSize(1);
    var known = derivations.find(path.hash()).orElseThrow();
    assertThat(known.file().path()).isEqualTo(path);
    assertThat(derivations.known(List.of(info.references().getFirst().hash()))).hasSize(1);
  }

  @Test
  void takesTheSamePathFromSeveralClientsAtOnce() throws IOException {
    List<NixClient.Result> results = Stream.of("none", "zstd", "gzip", "none").parallel()
        .map(compression -> {
          try {
            // of its own: what a client remembers of a cache is not made for two that write it at once
            NixClient other = new NixClient();
            return other.run("nix", "copy", "--no-check-sigs", "--from", nix.root().toString(), "--to",
                url("?compression=" + compression), tree);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }).toList();
    results.forEach(NixClient.Result::ok);
    assertHere(tree);
    assertNothingWaits();
  }

  @Test
  void asksForNoSecondUploadOfANar() throws IOException {
    Path cache = files.resolve("cache");
    nix.run("nix", "copy", "--to", "file://" + cache + "?compression=zstd", tree).ok();
    copy("?compression=zstd", tree).ok();
    try (Stream<Path> sent = Files.list(cache.resolve("nar")); RawCache raw = new RawCache(port)) {
      String name = sent.findFirst().orElseThrow().getFileName().toString();
      assertThat(raw.head("/nar/" + name)).isEqualTo(200);
      assertThat(raw.head("/nar/" + "0".repeat(52) + ".nar.zst")).isEqualTo(404);
      // a path was made of it: it is remembered
      assertThat(nars.forgetUnused(Instant.now().plusSeconds(60))).isZero();
      assertThat(raw.head("/nar/" + name)).isEqualTo(200);
    }
  }

  private NixClient.Result copy(String query, String path) throws IOException {
    return nix.run("nix", "copy", "--no-check-sigs", "--to", url(query), path);
  }

  private String url(String query) {
    return "http://127.0.0.1:" + port + query;
  }

  /** Asks Nix what its own path is, and reads Kiln's to the last byte. */
  private PathInfo assertHere(String path) {
    PathInfo info = pathInfos.find(StorePath.parse(path).hash()).orElseThrow(() -> new AssertionError(path));
    HashingOutputStream nar = new HashingOutputStream(OutputStream.nullOutputStream(), HashAlgorithm.SHA256);
    try {
      new NarWriter(castore).write(info.root(), nar);
      String hash = nix.run("nix-store", "--query", "--hash", path).ok().strip();
      assertThat(nar.hash()).isEqualTo(NixHash.parse(hash)).isEqualTo(info.narHash());
      String[] references = nix.run("nix-store", "--query", "--references", path).ok().strip().split("\n");
      assertThat(info.references()).extracting(StorePath::toString)
          .containsExactlyInAnyOrderElementsOf(Arrays.stream(references).filter(line -> !line.isEmpty()).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return info;
  }

  private void assertNothingWaits() throws IOException {
    try (Stream<Path> tmp = Files.list(data.resolve("tmp"))) {
      assertThat(tmp).isEmpty();
    }
  }
}
