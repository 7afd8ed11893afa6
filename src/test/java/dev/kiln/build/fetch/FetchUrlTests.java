package dev.kiln.build.fetch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

import com.sun.net.httpserver.HttpExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildException.BuilderFailed;
import dev.kiln.build.BuildException.HashMismatch;
import dev.kiln.build.BuildException.LimitExceeded;
import dev.kiln.build.BuildException.OutputRejected;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.PathComponent;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.NarSink;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What comes of what a server sends. */
class FetchUrlTests {

  private static final byte[] HELLO = "hello".getBytes(StandardCharsets.UTF_8);
  private static final NixHash HELLO_HASH = FetchBench.sha256("hello");
  private static final String LOOPBACK = "127.0.0.0/8";

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  private Path directory;
  @SuppressWarnings("NullAway.Init") // set up before each test
  private WebServer server;
  @SuppressWarnings("NullAway.Init") // set up before each test
  private FetchBench bench;

  @BeforeEach
  void open() throws Exception {
    server = new WebServer("127.0.0.1", FetchUrlTests::serve);
    bench = new FetchBench(directory, FetchBench.allowing(LOOPBACK));
  }

  @AfterEach
  void close() {
    bench.close();
    server.close();
  }

  private static void serve(HttpExchange exchange) throws IOException {
    switch (exchange.getRequestURI().getPath()) {
      case "/hello" -> WebServer.answer(exchange, 200, HELLO);
      case "/empty" -> WebServer.answer(exchange, 200, "");
      case "/hello.gz" -> WebServer.answer(exchange, 200, gzip(HELLO));
      case "/chunked" -> {
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(HELLO);
      }
      case "/gzip", "/weird" -> {
        boolean gzip = exchange.getRequestURI().getPath().equals("/gzip");
        exchange.getResponseHeaders().set("Content-Encoding", gzip ? "gzip" : "weird");
        WebServer.answer(exchange, 200, gzip ? gzip(HELLO) : HELLO);
      }
      case "/large" -> WebServer.answer(exchange, 200, new byte[300 * 1024]);
      case "/largeChunked" -> {
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(new byte[300 * 1024]);
      }
      case "/gzipBomb" -> {
        exchange.getResponseHeaders().set("Content-Encoding", "gzip");
        WebServer.answer(exchange, 200, gzip(new byte[4 << 20]));
      }
      case "/tree.nar" -> WebServer.answer(exchange, 200, tree(HELLO));
      case "/tree.nar.xz" -> WebServer.answer(exchange, 200, xz(tree(HELLO)));
      case "/tree" -> WebServer.answer(exchange, 200, gzip(tree(HELLO)));
      case "/bomb.nar.xz" -> WebServer.answer(exchange, 200, xz(tree(new byte[4 << 20])));
      case "/file.nar" -> WebServer.answer(exchange, 200, file(HELLO));
      case "/cut.nar.xz" -> WebServer.answer(exchange, 200, Arrays.copyOf(xz(tree(HELLO)), 100));
      case "/self" -> WebServer.answer(exchange, 200, exchange.getRequestURI().getQuery());
      default -> WebServer.answer(exchange, 404, "not here");
    }
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  private static byte[] xz(byte[] bytes) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var xz = new XZOutputStream(out, new LZMA2Options(1))) {
      xz.write(bytes);
    }
    return out.toByteArray();
  }

  private static byte[] file(byte[] content) throws IOException {
    var out = new ByteArrayOutputStream();
    new NarSink(out).file(null, false, content.length, ByteString.copyOf(content).newInput());
    return out.toByteArray();
  }

  private static byte[] tree(byte[] content) throws IOException {
    var out = new ByteArrayOutputStream();
    write(out, content);
    return out.toByteArray();
  }

  private static void write(OutputStream out, byte[] content) throws IOException {
    NarSink nar = new NarSink(out);
    nar.enterDirectory(null);
    nar.file(new PathComponent(ByteString.utf8("file")), true, content.length, ByteString.copyOf(content).newInput());
    nar.symlink(new PathComponent(ByteString.utf8("link")), ByteString.utf8("file"));
    nar.leaveDirectory();
  }

  private static NixHash treeHash() throws IOException {
    var nar = new HashingOutputStream(OutputStream.nullOutputStream(), HashAlgorithm.SHA256);
    write(nar, HELLO);
    return nar.hash();
  }

  private void assertNothingLeft() throws IOException {
    assertThat(bench.files()).isEmpty();
  }

  @Test
  void isAFileOfTheContentThatItsHashSays() throws Exception {
    PathInfo info = bench.flat(server.url("/hello"), HELLO_HASH);
    assertThat(bench.content(info)).isEqualTo(HELLO);
    assertThat(info.narHash()).isEqualTo(FetchBench.narHash(HashAlgorithm.SHA256, false, HELLO));
    assertThat(info.narSize()).isEqualTo(file(HELLO).length);
    assertThat(info.references()).isEmpty();
    assertThat(info.deriver()).contains(FetchBench.DERIVATION);
    assertThat(info.ca().orElseThrow().render()).isEqualTo("fixed:" + HELLO_HASH.prefixedBase32());
    assertThat(bench.log()).isEqualTo("downloading '" + server.url("/hello") + "' (5 bytes)\ndownloaded 5 bytes\n");
    // its blob
    assertThat(bench.files()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void canHaveAnyHash(HashAlgorithm algorithm) throws Exception {
    NixHash flat = NixHash.finish(algorithm, digest(algorithm, HELLO));
    assertThat(bench.flat(server.url("/hello"), flat).ca().orElseThrow().render()).isEqualTo(
        "fixed:" + flat.prefixedBase32());
    NixHash recursive = FetchBench.narHash(algorithm, false, HELLO);
    PathInfo info = bench.fetch(IngestionMethod.RECURSIVE, recursive, Map.of("url", server.url("/hello")));
    assertThat(info.ca().orElseThrow().render()).isEqualTo("fixed:r:" + recursive.prefixedBase32());
  }

  private static MessageDigest digest(HashAlgorithm algorithm, byte[] content) {
    MessageDigest digest = algorithm.newDigest();
    digest.update(content);
    return digest;
  }

  @ParameterizedTest
  @ValueSource(strings = {"/chunked", "/gzip"})
  void isTheSameHoweverItIsTransferred(String path) throws Exception {
    PathInfo info = bench.flat(server.url(path), HELLO_HASH);
    assertThat(bench.content(info)).isEqualTo(HELLO);
    assertThat(info.narSize()).isEqualTo(file(HELLO).length);
    assertThat(bench.files()).hasSize(1);
  }

  @Test
  void staysCompressedIfThatIsHowItIs() throws Exception {
    byte[] compressed = gzip(HELLO);
    NixHash hash = NixHash.sha256Of(ByteString.copyOf(compressed));
    assertThat(bench.content(bench.flat(server.url("/hello.gz"), hash))).isEqualTo(compressed);
  }

  @Test
  void mayBeEmpty() throws Exception {
    assertThat(bench.content(bench.flat(server.url("/empty"), FetchBench.sha256("")))).isEmpty();
  }

  @Test
  void mayBeExecutable() throws Exception {
    NixHash hash = FetchBench.narHash(HashAlgorithm.SHA256, true, HELLO);
    PathInfo info = bench.fetch(IngestionMethod.RECURSIVE, hash,
        Map.of("url", server.url("/hello"), "executable", "1"));
    assertThat(((FileNode) info.root()).executable()).isTrue();
    assertThatThrownBy(() -> bench.fetch(IngestionMethod.FLAT, HELLO_HASH,
        Map.of("url", server.url("/hello"), "executable", "1"))).isInstanceOf(OutputRejected.class)
        .hasMessageContaining("should be a non-executable regular file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/tree.nar", "/tree.nar.xz", "/tree"})
  void mayBeTheTreeOfANar(String path) throws Exception {
    PathInfo info = bench.fetch(IngestionMethod.RECURSIVE, treeHash(), Map.of("url", server.url(path), "unpack", "1"));
    assertThat(info.narHash()).isEqualTo(treeHash());
    assertThat(bench.castore.directory((DirectoryNode) info.root()).entries()).hasSize(2);
  }

  @Test
  void mayBeTheFileOfANarButNotItsTreeIfItsHashIsFlat() throws Exception {
    Map<String, String> file = Map.of("url", server.url("/file.nar"), "unpack", "1");
    assertThat(bench.content(bench.fetch(IngestionMethod.FLAT, HELLO_HASH, file))).isEqualTo(HELLO);
    assertThatThrownBy(() -> bench.fetch(IngestionMethod.FLAT, HELLO_HASH,
        Map.of("url", server.url("/tree.nar"), "unpack", "1"))).isInstanceOf(OutputRejected.class)
        .hasMessageContaining("should be a non-executable regular file");
  }

  @Test
  void isRefusedWithBothHashesIfItIsNotWhatItShouldBe() throws Exception {
    for (IngestionMethod method : IngestionMethod.values()) {
      assertThatThrownBy(() -> bench.fetch(method, FetchBench.sha256("other"), Map.of("url", server.url("/chunked"))))
          .isInstanceOf(HashMismatch.class).hasMessageContaining("specified: " + FetchBench.sha256("other").sri());
    }
    assertThatThrownBy(() -> bench.flat(server.url("/hello"), FetchBench.sha256("other"))).hasMessageEndingWith(
        "hash mismatch in fixed-output derivation '" + FetchBench.DERIVATION + "': specified: "
            + FetchBench.sha256("other").sri() + ", got: " + HELLO_HASH.sri());
    assertNothingLeft();
  }

  /** A path whose content has its own name has no content that is known beforehand: somebody made two of them agree. */
  @Test
  void isRefusedIfItRefersToItself() throws Exception {
    DerivationOutput.Fixed output = new DerivationOutput.Fixed(
        StorePath.parseBaseName("0000000000000000000000000000000b-fetched"), IngestionMethod.FLAT,
        FetchBench.sha256("0000000000000000000000000000000b"));
    assertThatThrownBy(() -> bench.fetch(output,
        Map.of("url", server.url("/self?0000000000000000000000000000000b")))).isInstanceOf(OutputRejected.class)
        .hasMessageContaining("illegal path references");
    assertNothingLeft();
  }

  @ParameterizedTest
  @CsvSource({"/large,kiln.fetch.limits.size", "/largeChunked,kiln.fetch.limits.size",
      "/gzipBomb,kiln.build.limits.output"})
  void isRefusedIfItIsTooLarge(String path, String limit) throws Exception {
    assertThatThrownBy(() -> bench.flat(server.url(path), HELLO_HASH)).isInstanceOf(LimitExceeded.class)
        .hasMessageContaining(limit);
    assertNothingLeft();
  }

  @Test
  void isRefusedIfItUnpacksToTooMuch() throws Exception {
    assertThatThrownBy(() -> bench.fetch(IngestionMethod.RECURSIVE, treeHash(),
        Map.of("url", server.url("/bomb.nar.xz"), "unpack", "1"))).isInstanceOf(LimitExceeded.class)
        .hasMessageContaining("kiln.build.limits.output");
    assertNothingLeft();
  }

  @ParameterizedTest
  @CsvSource({"/weird,'',input compression 'weird' not recognized", "/hello,1,NAR", "/cut.nar.xz,1,not 'xz'",
      "/missing,'',HTTP error 404 ('Not Found')"})
  void failsAsABuilderDoesAndSaysWhyInTheLog(String path, String unpack, String reason) throws Exception {
    assertThatThrownBy(() -> bench.fetch(IngestionMethod.RECURSIVE, treeHash(),
        Map.of("url", server.url(path), "unpack", unpack))).isInstanceOfSatisfying(BuilderFailed.class,
            e -> assertThat(e.exitCode()).isEqualTo(1));
    assertThat(bench.log().lines().toList().getLast())
        .startsWith("error: unable to download '" + server.url(path) + "': ")
        .contains(reason);
    assertNothingLeft();
  }

  @Test
  void needsAUrlAndAHash() {
    assertThatThrownBy(() -> bench.fetch(IngestionMethod.FLAT, HELLO_HASH, Map.of())).isInstanceOf(BuilderFailed.class);
    assertThat(bench.log()).isEqualTo("error: attribute 'url' missing\n");
    var unknown = new DerivationOutput.InputAddressed(FetchBench.DERIVATION);
    assertThatThrownBy(() -> bench.fetch(unknown, Map.of("url", server.url("/hello"))))
        .isInstanceOf(BuilderFailed.class);
    assertThat(bench.log()).isEqualTo("error: 'builtin:fetchurl' must be a fixed-output derivation\n");
    assertThat(server.requests).isEmpty();
  }

  @Test
  void isRefusedWhereItIsDisabled() throws Exception {
    FetchProperties open = FetchBench.allowing(LOOPBACK);
    var disabled = new FetchProperties(false, open.allow(), List.of(), null, null, open.proxy(), open.limits());
    try (var closed = new FetchBench(directory, disabled)) {
      assertThatThrownBy(() -> closed.flat(server.url("/hello"), HELLO_HASH)).isInstanceOf(
          BuildException.CannotBuildHere.class).hasMessageContaining("kiln.fetch.enabled");
    }
    assertThat(server.requests).isEmpty();
  }

  @Test
  void comesFromAMirrorThatHasItByItsHash() throws Exception {
    FetchProperties open = FetchBench.allowing(LOOPBACK);
    String byHash = "/sha256/" + HELLO_HASH.base16();
    try (var mirror = new WebServer("127.0.0.1", exchange -> {
      boolean here = exchange.getRequestURI().getPath().equals("/m" + byHash);
      WebServer.answer(exchange, here ? 200 : 404, here ? "hello" : "");
    });
        var mirrored = new FetchBench(directory,
            new FetchProperties(true, open.allow(), List.of(mirror.url("/m")), null, null,
                open.proxy(), open.limits()))) {
      mirrored.flat(server.url("/hello"), HELLO_HASH);
      assertThat(mirror.requests).containsExactly("GET /m" + byHash);
      assertThat(server.requests).isEmpty();
      mirrored.flat(server.url("/empty"), FetchBench.sha256(""));
      assertThat(server.requests).containsExactly("GET /empty");
      mirrored.fetch(IngestionMethod.RECURSIVE, treeHash(), Map.of("url", server.url("/tree.nar"), "unpack", "1"));
      assertThat(mirror.requests).hasSize(2);
    }
  }

  @ParameterizedTest
  @CsvSource({"inside/file,true", "inside/../inside/file,true", "inside/with%20blank,true", "outside,false",
      "inside/../outside,false", "inside/link,false", "inside%2f..%2foutside,false", "insidemore,false"})
  void isAFileOnlyWhereFilesAreAllowed(String path, boolean allowed) throws Exception {
    Path inside = Files.createDirectories(directory.resolve("inside"));
    for (String name : List.of("inside/file", "inside/with blank", "outside", "insidemore")) {
      Files.write(directory.resolve(name), HELLO);
    }
    Files.createSymbolicLink(inside.resolve("link"), directory.resolve("outside"));
    var allow = new FetchProperties.Allow(List.of(), List.of(), List.of(inside.toString()));
    try (var local = new FetchBench(Files.createDirectory(directory.resolve("bench")),
        FetchBench.properties(allow, FetchBench.limits(1)))) {
      String url = "file://" + directory + "/" + path;
      if (allowed) {
        assertThat(local.content(local.flat(url, HELLO_HASH))).isEqualTo(HELLO);
      } else {
        assertThatThrownBy(() -> local.flat(url, HELLO_HASH)).isInstanceOf(BuildException.CannotBuildHere.class)
            .hasMessageContaining("kiln.fetch.allow.files");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/missing", "/", "/missing%00", "//elsewhere.example/file"})
  void isNotReadFromAFileThatIsNone(String path) throws Exception {
    var allow = new FetchProperties.Allow(List.of(), List.of(), List.of("/"));
    try (var local = new FetchBench(directory, FetchBench.properties(allow, FetchBench.limits(1)))) {
      String url = path.startsWith("//") ? "file:" + path : "file://" + directory + path;
      assertThatThrownBy(() -> local.flat(url, HELLO_HASH)).isInstanceOf(BuilderFailed.class);
      assertThat(local.log()).isEqualTo("error: unable to download '" + url + "': Couldn't read a file:// file (37)\n");
    }
  }

  @Test
  void isNeverAFileByDefault() {
    assertThatThrownBy(() -> bench.flat("file:///etc/hostname", HELLO_HASH)).isInstanceOf(
        BuildException.CannotBuildHere.class).hasMessageContaining("kiln.fetch.allow.files");
  }
}
