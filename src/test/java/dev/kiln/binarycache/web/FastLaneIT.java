package dev.kiln.binarycache.web;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

import jakarta.servlet.Filter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;

import dev.kiln.castore.fs.PackedBlobs;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Programs;
import dev.kiln.harness.TemporaryDirectories;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.register.SourceImporter;
import dev.kiln.storepath.StorePathName;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The fast lane takes a target only as clients spell it; with a letter escaped, the same request goes to the controllers. */
@KilnTest
@Import(FastLaneIT.Servlets.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FastLaneIT {

  private static final String UNKNOWN = "0".repeat(32);
  private static final String ESCAPED = "%6Ear";
  private static final List<String> FRAMING = List.of("content-length", "transfer-encoding");

  @LocalServerPort
  int port;
  @Autowired
  SourceImporter importer;
  @Autowired
  PackedBlobs blobs;
  @Autowired
  JdbcTemplate jdbc;
  @Autowired
  AtomicInteger reachedServlets;

  private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Map<String, PathInfo> paths = new TreeMap<>();

  @TestConfiguration(proxyBeanMethods = false)
  static class Servlets {

    @Bean
    AtomicInteger reachedServlets() {
      return new AtomicInteger();
    }

    @Bean
    Filter counter(AtomicInteger reachedServlets) {
      return (request, response, chain) -> {
        reachedServlets.incrementAndGet();
        chain.doFilter(request, response);
      };
    }
  }

  @BeforeAll
  void importSources() throws IOException {
    paths.put("file", file("lane-file", "hello\n".getBytes(StandardCharsets.UTF_8)));
    byte[] large = new byte[3_000_001];
    new Random(1).nextBytes(large);
    paths.put("large", file("lane-large", large));
    paths.put("tree", tree());
  }

  @BeforeEach
  void forgetRequests() {
    reachedServlets.set(0);
  }

  @AfterAll
  void close() {
    http.close();
  }

  private PathInfo file(String name, byte[] content) throws IOException {
    return importer.file(new StorePathName(name), false, new ByteArrayInputStream(content));
  }

  private PathInfo tree(Map<String, byte[]> files) throws IOException {
    Path top = Files.createDirectories(TemporaryDirectories.create("kiln-lane-").resolve("top"));
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(top.resolve(file.getKey()), file.getValue());
    }
    return dumped("lane-files", top);
  }

  private PathInfo dumped(String name, Path top) throws IOException {
    byte[] nar = Programs.run("nix-store", "--dump", top.toString());
    return importer.nar(new StorePathName(name), new ByteArrayInputStream(nar));
  }

  /** More directories than one query fetches, of which some have more. */
  private PathInfo tree() throws IOException {
    Path top = TemporaryDirectories.create("kiln-lane-").resolve("top");
    for (int i = 0; i < 150; i++) {
      Path directory = Files.createDirectories(top.resolve("d" + i + (i % 3 == 0 ? "/deep/deeper" : "")));
      for (int j = 0; j < 8; j++) {
        Files.writeString(directory.resolve("f" + j), (i + " " + j + "\n").repeat(j * j));
      }
    }
    Files.createDirectories(top.resolve("empty"));
    Files.createSymbolicLink(top.resolve("link"), Path.of("d1/f1"));
    return dumped("lane-tree", top);
  }

  @ParameterizedTest
  @CsvSource({"GET, /nix-cache-info, X-Test, none", "HEAD, /nix-cache-info, X-Test, none",
      "GET, /nix-cache-info, Accept, text/html", "GET, /nix-cache-info?a=b, X-Test, none",
      "GET, /file.narinfo, X-Test, none", "HEAD, /file.narinfo, X-Test, none", "GET, /tree.narinfo, Accept, text/html",
      "GET, /file.narinfo, If-None-Match, *", "GET, /file.narinfo?x=y, X-Test, none",
      "GET, /unknown.narinfo, X-Test, none", "HEAD, /unknown.narinfo, X-Test, none",
      "GET, /unknown.narinfo, Accept, */*", "HEAD, /nar/file.nar, X-Test, none", "HEAD, /nar/tree.nar, Accept, */*",
      "HEAD, /nar/file.nar?x=y, X-Test, none", "HEAD, /nar/unknown.nar, X-Test, none",
      "HEAD, /nar/file.nar.xz, X-Test, none", "HEAD, /nar/unknown.nar.zst, X-Test, none",
      "PUT, /nar/unknown.nar, X-Test, none", "PUT, /nar/unknown.nar.xz, X-Test, none",
      "PUT, /nar/file.nar.none, Accept, */*", "PUT, /unknown.narinfo, X-Test, none",
      "PUT, /file.narinfo, Accept, */*",
      "GET, /nar/file.nar, X-Test, none", "GET, /nar/large.nar, X-Test, none", "GET, /nar/tree.nar, X-Test, none",
      "GET, /on-demand/nar/file.nar, X-Test, none", "GET, /on-demand/nar/tree.nar, Accept, text/html",
      "GET, /nar/file.nar, Range, bytes=5-20", "GET, /nar/file.nar, Range, bytes=120-",
      "GET, /nar/file.nar, Range, bytes=121-", "GET, /nar/file.nar, Range, bytes=-0",
      "GET, /nar/large.nar, Range, bytes=0-0", "GET, /nar/large.nar, Range, bytes=90-2000090",
      "GET, /nar/large.nar, Range, bytes=2999999-", "GET, /nar/large.nar, Range, bytes=-3",
      "GET, /nar/large.nar, Range, bytes=99999999-", "GET, /nar/large.nar, Range, 'bytes=1-2,5-6'",
      "GET, /nar/large.nar, Range, lines=1-2", "GET, /nar/tree.nar, Range, bytes=100001-200002",
      "GET, /nar/tree.nar, Range, bytes=-70001"})
  void answersAsTheControllersDo(String method, String target, String header, String value) throws Exception {
    HttpResponse<byte[]> fast = ask(method, spelled(target), header, value);
    assertThat(reachedServlets.getAndSet(0)).as("requests that reached the servlets").isZero();
    HttpResponse<byte[]> slow = ask(method, escaped(spelled(target)), header, value);
    assertThat(reachedServlets.getAndSet(0)).as("requests that reached the servlets").isOne();
    assertSame(fast, slow);
  }

  @ParameterizedTest
  @CsvSource({"GET, /unknown.narinfo, Accept, text/html",
      "GET, /unknown.narinfo, Accept, application/json", "GET, /file.narinfo;a=b, X-Test, none",
      "GET, /EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE.narinfo, X-Test, none", "GET, /.narinfo, X-Test, none",
      "POST, /file.narinfo, X-Test, none",
      "GET, /on-demand/nix-cache-info, X-Test, none",
      "HEAD, /nar/file.nar, Accept, text/html", "HEAD, /nar/x.nar, X-Test, none",
      "HEAD, /on-demand/nar/file.nar, X-Test, none", "PUT, /nar/x.nar, X-Test, none",
      "PUT, /unknown.narinfo, Accept, text/html", "PUT, /on-demand/nar/unknown.nar, X-Test, none",
      "GET, /nar/unknown.nar, X-Test, none", "GET, /nar/x.nar, X-Test, none",
      "GET, /nar/file.nar/, X-Test, none", "GET, /nar/file.nar.zst, X-Test, none"})
  void leavesTheRestToTheControllers(String method, String target, String header, String value) throws Exception {
    ask(method, spelled(target), header, value);
    assertThat(reachedServlets).hasValue(1);
  }

  private void assertSame(HttpResponse<byte[]> fast, HttpResponse<byte[]> slow) {
    assertThat(fast.statusCode()).isEqualTo(slow.statusCode());
    Map<String, List<String>> expected = headers(slow);
    if (fast.statusCode() < 400) {
      assertThat(headers(fast)).isEqualTo(expected);
      assertThat(Arrays.equals(fast.body(), slow.body())).as("the same bytes").isTrue();
    } else {
      // the controllers send problems in chunks, which HTTP leaves to the server; and each quotes the target as it was spelled
      Map<String, List<String>> actual = headers(fast);
      FRAMING.forEach(actual::remove);
      FRAMING.forEach(expected::remove);
      // what Spring says to browsers of names that it does not know
      expected.remove("content-disposition");
      assertThat(actual).isEqualTo(expected);
      assertThat(text(fast)).isEqualTo(text(slow).replace(ESCAPED, "nar"));
    }
  }

  @Test
  void servesEveryRangeThatBeginsOrEndsAtAnyByteOfASmallNarAndOfATree() throws Exception {
    byte[] whole = ask("GET", spelled("/nar/file.nar"), "X-Test", "none").body();
    for (int from = 0; from < whole.length; from++) {
      byte[] rest = ask("GET", spelled("/nar/file.nar"), "Range", "bytes=" + from + "-").body();
      assertThat(rest).isEqualTo(Arrays.copyOfRange(whole, from, whole.length));
    }
    byte[] tree = ask("GET", spelled("/nar/tree.nar"), "X-Test", "none").body();
    for (int from = 0; from < tree.length - 1_000; from += 997) {
      byte[] part = ask("GET", spelled("/nar/tree.nar"), "Range", "bytes=" + from + "-" + (from + 500)).body();
      assertThat(part).isEqualTo(Arrays.copyOfRange(tree, from, from + 501));
    }
    assertThat(reachedServlets).hasValue(0);
  }

  @Test
  void breaksABodyOffThatCannotBeCompleted() throws IOException {
    PathInfo damaged = tree(Map.of("a", new byte[400_000], "b", new byte[100_001]));
    Blake3Digest second = Blake3.of(new byte[100_001]);
    Files.delete(blobs.path(second));
    Files.write(blobs.path(second), new byte[99_999]);
    String target = "/nar/" + damaged.narHash().base32() + ".nar";
    assertThatThrownBy(() -> ask("GET", target, "X-Test", "none")).isInstanceOf(IOException.class);
    assertThat(reachedServlets).hasValue(0);
    assertThatThrownBy(() -> ask("GET", escaped(target), "X-Test", "none")).isInstanceOf(IOException.class);
  }

  @Test
  void tellsOfANewSignatureAtOnce() throws Exception {
    String target = spelled("/file.narinfo");
    String before = text(ask("GET", target, "X-Test", "none"));
    String signature = "Sig: other-1:" + "A".repeat(86) + "==";
    HttpResponse<byte[]> put = http.send(HttpRequest.newBuilder(uri(target))
        .PUT(BodyPublishers.ofString(before + signature + "\n")).build(), BodyHandlers.ofByteArray());
    assertThat(put.statusCode()).isEqualTo(200);
    assertThat(before).doesNotContain(signature);
    assertThat(text(ask("GET", target, "X-Test", "none"))).contains(signature);
  }

  @Test
  void forgetsWhatAnotherKilnDeletes() throws Exception {
    PathInfo deleted = file("lane-deleted", "soon deleted".getBytes(StandardCharsets.UTF_8));
    List<String> targets = List.of("/" + deleted.path().hash() + ".narinfo",
        "/nar/" + deleted.narHash().base32() + ".nar");
    for (String target : targets) {
      assertThat(ask("GET", target, "X-Test", "none").statusCode()).isEqualTo(200);
    }
    jdbc.update("delete from path_info where hash = ?", deleted.path().hash().toByteArray());
    for (String target : targets) {
      Instant limit = Instant.now().plusSeconds(60);
      while (ask("GET", target, "X-Test", "none").statusCode() != 404) {
        assertThat(Instant.now()).as("the limit for " + target).isBefore(limit);
        Thread.sleep(100);
      }
    }
  }

  private String spelled(String target) {
    for (Map.Entry<String, PathInfo> entry : paths.entrySet()) {
      target = target.replace("/nar/" + entry.getKey(), "/nar/" + entry.getValue().narHash().base32())
          .replace("/" + entry.getKey() + ".", "/" + entry.getValue().path().hash() + ".");
    }
    return target.replace("/nar/unknown", "/nar/" + "0".repeat(52)).replace("/unknown", "/" + UNKNOWN);
  }

  private static String escaped(String target) {
    return target.replace("nix-cache-info", "nix-cache-inf%6F").replace(".nar", "." + ESCAPED);
  }

  private HttpResponse<byte[]> ask(String method, String target, String header, String value) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri(target)).method(method, BodyPublishers.noBody()).header(header, value).build(),
        BodyHandlers.ofByteArray());
  }

  private URI uri(String target) {
    return URI.create("http://127.0.0.1:" + port + target);
  }

  private static Map<String, List<String>> headers(HttpResponse<?> response) {
    Map<String, List<String>> headers = new TreeMap<>(response.headers().map());
    assertThat(headers.remove("date")).isNotNull();
    return headers;
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }
}
