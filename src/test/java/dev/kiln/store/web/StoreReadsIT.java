package dev.kiln.store.web;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.web.server.LocalServerPort;

import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.Client;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.RawHttp;
import dev.kiln.harness.Recipes;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** What a reader gets of an output that a real sandbox builds. */
@KilnTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StoreReadsIT {

  private static final String BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

  @LocalServerPort
  int port;

  private final Recipes recipes = new Recipes();
  private final KnownDerivation other = recipes.script("other", "mkdir $out; echo -n elsewhere > $out/file");
  private final KnownDerivation tree = recipes.script("tree", """
      mkdir -p $out/dir $out/html
      echo -n 0123456789 > $out/data.txt
      echo -n > $out/empty
      echo '{}' > $out/a.json
      echo '#!/bin/sh' > $out/dir/run; chmod +x $out/dir/run
      echo -n x > "$out/html/<script>alert(1)&\\"'"
      ln -s data.txt $out/link
      ln -s dir $out/dirlink
      ln -s ../data.txt $out/dir/up
      ln -s $in0/file $out/abs
      ln -s ../${in0##*/}/file $out/rel
      ln -s /etc/passwd $out/outside
      ln -s ../../../etc/passwd $out/above
      ln -s loop $out/loop
      ln -s gone $out/dangling
      ln -s data.txt/x $out/through
      long=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      ln -s $long$long$long$long$long $out/overlong
      """, other);
  private String root = "";
  private Client client = new Client(0);

  @BeforeAll
  void build() {
    client = new Client(port);
    client.register(other, tree);
    root = "/store/" + Recipes.output(tree).baseName();
    assertThat(client.get(root).statusCode()).isEqualTo(200);
  }

  @Test
  void aFileComesWithWhatLetsItBeKeptForEver() {
    HttpResponse<String> file = client.get(root + "/data.txt");
    assertThat(file.body()).isEqualTo("0123456789");
    assertThat(header(file, "cache-control")).contains("immutable", "public", "max-age=31536000");
    assertThat(header(file, "content-type")).startsWith("text/plain");
    assertThat(header(file, "accept-ranges")).isEqualTo("bytes");
    assertThat(header(file, "x-content-type-options")).isEqualTo("nosniff");
    String tag = header(file, "etag");
    HttpResponse<String> again = client.get(root + "/data.txt", "If-None-Match", tag);
    assertThat(again.statusCode()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
    HttpResponse<String> head = client.send("HEAD", root + "/data.txt", new byte[0]);
    assertThat(header(head, "content-length")).isEqualTo("10");
    assertThat(header(head, "etag")).isEqualTo(tag);
  }

  @ParameterizedTest
  @CsvSource({"a.json, application/json", "empty, application/octet-stream", "dir/run, application/octet-stream"})
  void theTypeFollowsFromTheName(String file, String type) {
    assertThat(header(client.get(root + "/" + file), "content-type")).startsWith(type);
  }

  @ParameterizedTest
  @CsvSource({"bytes=2-4, 206, 234, bytes 2-4/10", "bytes=-3, 206, 789, bytes 7-9/10",
      "bytes=8-99, 206, 89, bytes 8-9/10", "bytes=0-, 206, 0123456789, bytes 0-9/10",
      "lines=1-2, 200, 0123456789, ''", "bytes=4-2, 200, 0123456789, ''", "'bytes=1-2,99-', 200, 0123456789, ''",
      "'bytes=0-9,0-9,0-9', 200, 0123456789, ''"})
  void aRangeIsAnsweredByItsBytes(String range, int status, String body, String contentRange) {
    HttpResponse<String> part = client.get(root + "/data.txt", "Range", range);
    assertThat(part.statusCode()).isEqualTo(status);
    assertThat(part.body()).isEqualTo(body);
    assertThat(header(part, "content-range")).isEqualTo(contentRange);
  }

  @Test
  void severalRangesComeAsParts() {
    HttpResponse<String> parts = client.get(root + "/data.txt", "Range", "bytes=0-1,5-6");
    assertThat(parts.statusCode()).isEqualTo(206);
    assertThat(header(parts, "content-type")).startsWith("multipart/byteranges");
    assertThat(parts.body()).contains("bytes 0-1/10", "01", "bytes 5-6/10", "56");
  }

  @ParameterizedTest
  @CsvSource({"data.txt, 10-, 10", "data.txt, 99-100, 10", "empty, 0-, 0", "empty, -1, 0"})
  void aRangeBeyondTheEndIsAProblemThatTellsTheSize(String file, String range, int size) {
    HttpResponse<String> refused = client.get(root + "/" + file, "Range", "bytes=" + range);
    assertProblem(refused, 416, range);
    assertThat(header(refused, "content-range")).isEqualTo("bytes */" + size);
  }

  @Test
  void aRangeOfSomethingElseIsAnsweredWhole() {
    String tag = header(client.get(root + "/data.txt"), "etag");
    assertThat(client.get(root + "/data.txt", "Range", "bytes=1-1", "If-Range", tag).body()).isEqualTo("1");
    assertThat(client.get(root + "/data.txt", "Range", "bytes=1-1", "If-Range", "\"else\"").body())
        .isEqualTo("0123456789");
  }

  @ParameterizedTest
  @CsvSource({"link, 0123456789", "dirlink/up, 0123456789", "dir/up, 0123456789", "abs, elsewhere", "rel, elsewhere"})
  void linksAreFollowedInsideTheStore(String link, String content) {
    HttpResponse<String> file = client.get(root + "/" + link);
    assertThat(file.body()).isEqualTo(content);
    assertThat(header(file, "content-location")).isNotEmpty();
    assertThat(client.get(header(file, "content-location")).body()).isEqualTo(content);
  }

  @ParameterizedTest
  @CsvSource({"outside, 404, /etc/passwd", "above, 404, above /nix/store", "loop, 508, loop", "dangling, 404, gone",
      "through, 404, is a file", "data.txt/x, 404, is a file", "nothing, 404, nothing", "overlong, 404, more than 255"})
  void whatLeadsNowhereIsAProblemThatSaysWhere(String path, int status, String quoted) {
    assertProblem(client.get(root + "/" + path), status, quoted);
  }

  @Test
  void aDirectoryIsJsonForProgramsAndHtmlForBrowsers() {
    for (String accept : List.of("application/json", "*/*", "no type at all")) {
      HttpResponse<String> json = client.get(root + "/dir/", "Accept", accept);
      assertThat(header(json, "content-type")).startsWith("application/json");
      assertThat(json.body()).contains("\"name\":\"run\"", "\"executable\":true", "\"target\":\"../data.txt\"");
    }
    HttpResponse<String> html = client.get(root + "/dir", "Accept", BROWSER);
    assertThat(header(html, "content-type")).startsWith("text/html");
    assertThat(header(html, "content-security-policy")).contains("sandbox", "default-src 'none'");
    assertThat(html.body()).contains("<a href=\"" + root + "/dir/run\">run</a>");
    assertThat(header(client.get(root + "/dirlink"), "content-location")).isEqualTo(root + "/dir");
  }

  @Test
  void namesAreEscapedInHtmlAndExactInLinks() {
    String page = client.get(root + "/html", "Accept", BROWSER).body();
    assertThat(page).doesNotContain("<script>").contains("&lt;script&gt;alert(1)&amp;");
    MatchResult href = Pattern.compile("href=\"([^\"]*script[^\"]*)\"").matcher(page).results().findFirst()
        .orElseThrow();
    assertThat(client.get(href.group(1)).body()).isEqualTo("x");
  }

  @Test
  void statTellsOfTheLinkItselfOrOfWhatItLeadsTo() {
    String stat = root.replace("/store/", "/api/v1/stat/");
    assertThat(client.get(stat + "/link").body()).contains("\"type\":\"symlink\"", "\"target\":\"data.txt\"");
    assertThat(client.get(stat + "/link?follow=true").body()).contains("\"type\":\"regular\"", "\"size\":10");
    assertThat(client.get(stat).body()).contains("\"type\":\"directory\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"respond-async", "wait=0", "foo, respond-async;x=y"})
  void whoPrefersNotToWaitIsToldWhereTheBuildIs(String prefer) {
    KnownDerivation slow = recipes.script("slow-" + prefer.replaceAll("[^a-z]", ""), "sleep 1; echo done > $out");
    client.register(slow);
    String target = "/store/" + Recipes.output(slow).baseName();
    HttpResponse<String> accepted = client.get(target, "Prefer", prefer);
    assertThat(accepted.statusCode()).isEqualTo(202);
    String build = header(accepted, "location");
    await().atMost(Duration.ofSeconds(60)).until(() -> client.get(build).body().contains("\"state\":\"succeeded\""));
    assertThat(client.get(target).body()).isEqualTo("done\n");
  }

  @Test
  void everyByteOfANameCanBeWrittenInAUrl() throws Exception {
    byte[] nar;
    try (var in = requireNonNull(
        StoreReadsIT.class.getResourceAsStream("/golden/nar/dkf01rr1j8a6iifhx2sa23f41ji21pkq-names.nar"))) {
      nar = in.readAllBytes();
    }
    HttpResponse<String> imported = client.send("PUT", "/api/v1/sources/names", nar, "Content-Type",
        "application/x-nix-nar");
    assertThat(imported.statusCode()).isEqualTo(201);
    String names = header(imported, "location").replace("/api/v1/paths/", "/store/");
    List<String> hrefs = Pattern.compile("\"href\":\"([^\"]*)\"").matcher(client.get(names).body()).results()
        .map(match -> match.group(1)).toList();
    assertThat(hrefs).isNotEmpty();
    for (String href : hrefs) {
      assertThat(RawHttp.get(client.base(), href).status()).as(href).isEqualTo(200);
    }
  }

  @Test
  void aChainOfFiftyIsBuiltForOneRead() {
    List<KnownDerivation> chain = recipes.chain("fifty", 50);
    client.register(chain.toArray(KnownDerivation[]::new));
    assertThat(client.get("/store/" + Recipes.output(chain.getLast()).baseName()).body()).isEqualTo("49\n");
  }

  private static void assertProblem(HttpResponse<String> response, int status, String quoted) {
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(header(response, "content-type")).isEqualTo("application/problem+json");
    assertThat(response.body()).contains(quoted);
  }

  private static String header(HttpResponse<String> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }
}
