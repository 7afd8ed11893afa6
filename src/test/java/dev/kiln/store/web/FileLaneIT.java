package dev.kiln.store.web;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import jakarta.servlet.Filter;
import org.eclipse.jetty.http.MimeTypes;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
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
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * The same requests to the lane and to the controllers, which are asked by a preference that means nothing to them: the lane leaves all
 * preferences to them.
 */
@KilnTest
@Import(FileLaneIT.Servlets.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FileLaneIT {

  private static final String TO_CONTROLLERS = "Prefer: handling=lenient";
  private static final String NO_TAG = '"' + "0".repeat(64) + '"';

  /** Files that the lane answers, as their names stand in URLs. */
  private static final List<String> FILES = List.of("tree/data.txt", "tree/page.html", "tree/a.json",
      "tree/picture.svg",
      "tree/empty", "tree/dir/run", "tree/packed", "tree/edge", "tree/mapped.bin", "tree/large", "tree/sp%20ace",
      "tree/%C3%BCn%C3%AF.txt", "tree/.hidden", "tree/...", "tree/+plus,~@=", "tree/%64ata.txt",
      "tree/data.txt/", "tree/link", "tree/link/", "tree/dirlink/run", "tree/dir/up", "tree/abs", "tree/rel",
      "tree/absdir/file",
      "tree/chain1", "tree/chain40", "tree/linked%20name", "file.txt", "linked", "linkedtree/data.txt",
      "tree/data.txt?a=b",
      "tree/data.txt?");

  /** What the controllers are left. */
  private static final List<String> OTHERS = List.of("tree", "tree/", "tree/dir", "tree/dirlink", "tree/missing",
      "tree/data.txt/below", "tree/dangling", "tree/loop", "tree/chain41", "tree/outside", "tree/above",
      "tree/perc%25.txt", "tree//data.txt",
      "tree/dir/../data.txt", "tree/./data.txt", "tree/dir/%2e%2e/data.txt", "tree/dir%2Frun", "tree/%FFname",
      "tree/data.txt//", "tree/data.txt;a=b", "tree;a=b/data.txt", "renamed/data.txt", "unknown",
      "unknown/data.txt", "unknown.drv", "malformed", "file.txt/below", "", "tree/%C3name");

  private static final List<List<String>> QUESTIONS = List.of(List.of(), List.of("Range: bytes=0-0"),
      List.of("Range: bytes=2-5"), List.of("Range: bytes=1-"), List.of("Range: bytes=-3"),
      List.of("Range: bytes=5-999999999"),
      List.of("Range: lines=1-2"), List.of("Range: bytes=4-2"), List.of("Range: bytes=x"), List.of("Range: bytes="),
      List.of("Range:"), List.of("Range: bytes=1-3", "If-Range: " + NO_TAG),
      List.of("Range: bytes=1-3", "If-Range: TAG"),
      List.of("Range: bytes=1-3", "If-Range: W/TAG"), List.of("If-Range: " + NO_TAG), List.of("If-None-Match: TAG"),
      List.of("If-None-Match: " + NO_TAG), List.of("Accept: text/html"), List.of("Accept: nonsense"),
      List.of("Accept-Encoding: gzip, br"), List.of("Connection: keep-alive, Upgrade", "Upgrade: h2c"),
      List.of("Origin: http://elsewhere.example"), List.of("Cookie: a=b", "User-Agent: x"));

  /** Conditions that the controllers judge. */
  private static final List<List<String>> CONDITIONS = List.of(List.of("If-None-Match: *"),
      List.of("If-None-Match: W/TAG"),
      List.of("If-None-Match: TAG, " + NO_TAG), List.of("If-None-Match: TAG", "If-None-Match: " + NO_TAG),
      List.of("If-None-Match: nonsense"), List.of("If-Match: TAG"), List.of("If-Match: " + NO_TAG),
      List.of("If-Match: *"),
      List.of("If-Modified-Since: Thu, 01 Jan 1970 00:00:10 GMT"),
      List.of("If-Unmodified-Since: Thu, 01 Jan 1970 00:00:10 GMT"),
      List.of("Range: bytes=1-2", "If-None-Match: TAG"), List.of("Range: bytes=999999999-"), List.of("Range: bytes=-0"),
      List.of("Range: bytes=0-1", "Range: bytes=2-3"), List.of("Prefer: respond-async"), List.of("Prefer: wait=1"));

  /** All questions of some files, and all files with some questions. */
  static final List<Arguments> ANSWERED = Stream.concat(
      FILES.stream()
          .flatMap(file -> Stream.of(arguments(file, List.of()), arguments(file, List.of("If-None-Match: TAG")))),
      Stream.of("tree/data.txt", "tree/abs", "tree/mapped.bin", "tree/large")
          .flatMap(file -> QUESTIONS.stream().map(question -> arguments(file, question))))
      .toList();

  static final List<Arguments> LEFT = Stream.concat(OTHERS.stream().map(target -> arguments(target, List.of())),
      Stream.of("tree/data.txt", "tree/abs", "tree/mapped.bin", "tree/large")
          .flatMap(file -> CONDITIONS.stream().map(question -> arguments(file, question))))
      .toList();

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

  private final Map<String, String> paths = new TreeMap<>();

  /**
   * @param headers sorted, but for the date
   * @param body or, if it is long, its digest
   */
  private record Answer(String status, List<String> headers, String body) {}

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
    importer.file(new StorePathName("file.txt"), false, bytes("a root that is a file\n"));
    paths.put("file.txt", imported("file.txt", "echo a root that is a file > top"));
    String other = imported("other",
        "mkdir top; printf elsewhere > top/file; mkdir 'top/a b'; printf named > 'top/a b/c d'");
    String tree = imported("tree",
        """
            mkdir -p top/dir; cd top
            printf 0123456789 > data.txt; printf '<script>alert(1)</script>' > page.html; printf '{}' > a.json
            printf '<svg xmlns="http://www.w3.org/2000/svg"/>' > picture.svg; : > empty
            printf '#!/bin/sh\\n' > dir/run; chmod +x dir/run
            seq 1 20000 | head -c 65535 > packed; seq 2 20000 | head -c 65536 > edge
            seq 3 700000 | head -c 4194304 > mapped.bin; seq 4 2000000 | head -c 9000001 > large
            for name in 'sp ace' 'perc%%.txt' 'ünï.txt' .hidden ... '+plus,~@=' "$(printf '\\377name')" "$(printf '\\303name')"; do
              printf 'in %%s' "$name" > "$name"
            done
            ln -s data.txt link; ln -s dir dirlink; ln -s ../data.txt dir/up
            ln -s /nix/store/OTHER/file abs; ln -s ../OTHER/file rel; ln -s /nix/store/OTHER absdir
            ln -s "../OTHER/a b/c d" "linked name"
            ln -s data.txt chain1; for i in $(seq 2 41); do ln -s chain$((i - 1)) chain$i; done
            ln -s gone dangling; ln -s loop loop; ln -s /etc/passwd outside; ln -s ../../../etc/passwd above
            """
            .replace("%%", "%").replace("OTHER", other));
    paths.put("tree", tree);
    paths.put("renamed", tree + "s");
    paths.put("linked", imported("linked", "ln -s " + other + "/file top"));
    paths.put("linkedtree", imported("linkedtree", "ln -s " + tree + " top"));
    paths.put("unknown", "0".repeat(32) + "-unknown");
    paths.put("unknown.drv", "0".repeat(32) + "-unknown.drv");
    paths.put("malformed", "0".repeat(31) + "-malformed");
  }

  private static ByteArrayInputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  /** @param script makes {@code top} */
  private String imported(String name, String script) throws IOException {
    Path dir = TemporaryDirectories.create("kiln-files-");
    Programs.run("sh", "-ec", "export LC_ALL=C; cd '" + dir + "'; " + script);
    byte[] nar = Programs.run("nix-store", "--dump", dir.resolve("top").toString());
    return importer.nar(new StorePathName(name), new ByteArrayInputStream(nar)).path().baseName();
  }

  @ParameterizedTest
  @FieldSource("ANSWERED")
  void answersForFilesAsTheControllersDo(String file, List<String> question) throws IOException {
    for (String method : List.of("GET", "HEAD")) {
      List<String> headers = headers(file, question);
      reachedServlets.set(0);
      Answer cold = ask(method, file, headers);
      Answer warm = ask(method, file, headers);
      assertThat(reachedServlets.getAndSet(0)).as("requests that reached the servlets").isZero();
      Answer slow = ask(method, file, with(TO_CONTROLLERS, headers));
      assertThat(reachedServlets.getAndSet(0)).as("requests that reached the servlets").isOne();
      assertThat(cold).isEqualTo(slow);
      assertThat(warm).isEqualTo(slow);
      assertThat(slow.status()).doesNotContain(" 4", " 5");
    }
  }

  @ParameterizedTest
  @FieldSource("LEFT")
  void leavesTheRestToTheControllers(String target, List<String> question) throws IOException {
    List<String> headers = headers(target, question);
    reachedServlets.set(0);
    Answer answer = ask("GET", target, headers);
    assertThat(reachedServlets).hasValue(1);
    assertThat(answer).isEqualTo(ask("GET", target, with(TO_CONTROLLERS, headers)));
  }

  /** What they may be saved as, and their type, goes by the extension. */
  @Test
  void answersForEveryExtensionAsTheControllersDo() throws IOException {
    List<String> extensions = Stream.concat(MimeTypes.DEFAULTS.getMimeMap().keySet().stream(),
        Stream.of("", "unknown", "txt", "TXT", "yml", "properties", "atom", "rss", "wbmp", "heic", "bat", "so.1",
            "%68tml"))
        .filter(extension -> !extension.equals("*")).distinct().sorted().toList();
    String names = extensions.stream().map(extension -> "'f." + extension.replace("%68", "h") + "'").distinct()
        .collect(Collectors.joining(" "));
    paths.put("names", imported("names", "mkdir top; cd top; touch " + names));
    for (String extension : extensions) {
      String target = "names/f." + extension;
      assertThat(ask("GET", target, List.of())).isEqualTo(ask("GET", target, List.of(TO_CONTROLLERS)));
    }
  }

  @Test
  void leavesSeveralRangesAndOtherMethodsToTheControllers() throws IOException {
    reachedServlets.set(0);
    Answer parts = ask("GET", "tree/data.txt", List.of("Range: bytes=0-1,5-6"));
    assertThat(parts.status()).contains("206");
    assertThat(parts.body()).contains("bytes 0-1/10", "bytes 5-6/10");
    for (String method : List.of("POST", "PUT", "DELETE", "OPTIONS")) {
      ask(method, "tree/data.txt", List.of("Content-Length: 0"));
    }
    assertThat(reachedServlets).hasValue(5);
  }

  @Test
  void givesEveryRangeOfASmallFile() throws IOException {
    String whole = "0123456789";
    for (int from = 0; from < 10; from++) {
      for (int last = from; last < 12; last++) {
        Answer part = ask("GET", "tree/data.txt", List.of("Range: bytes=" + from + "-" + last));
        assertThat(part.body()).isEqualTo(whole.substring(from, Math.min(10, last + 1)));
      }
    }
  }

  /** Where a length were wrong, or an answer ended twice, the next one would begin in the wrong place. */
  @RepeatedTest(20)
  void answersRequestsOneAfterTheOtherOnOneConnection() throws IOException {
    List<String> targets = List.of("tree/data.txt", "tree/mapped.bin", "tree/missing", "tree/dir", "tree/large",
        "tree/empty",
        "tree/link", "tree/edge");
    StringBuilder fast = new StringBuilder();
    StringBuilder slow = new StringBuilder();
    for (String target : targets) {
      for (String method : List.of("HEAD", "GET")) {
        fast.append(request(method, target, List.of()));
        slow.append(request(method, target, List.of(TO_CONTROLLERS)));
      }
    }
    String last = request("GET", "tree/a.json", List.of("Connection: close"));
    assertThat(shortened(undated(send(fast + last)))).isEqualTo(shortened(undated(send(slow + last))));
  }

  @Test
  void readersOfAllFilesAtOnceGetTheirOwn() throws Exception {
    List<String> files = FILES.stream().filter(file -> !file.endsWith("large")).toList();
    List<Answer> expected = files.stream().map(file -> unchecked("GET", file, List.of(TO_CONTROLLERS))).toList();
    List<AssertionError> wrong = IntStream.range(0, 400).parallel().mapToObj(i -> {
      int file = i * 7 % files.size();
      Answer answer = unchecked("GET", files.get(file), List.of());
      return answer.equals(expected.get(file)) ? null : new AssertionError(files.get(file) + ": " + answer.status());
    }).filter(error -> error != null).toList();
    assertThat(wrong).isEmpty();
  }

  @Test
  void seesAtOnceWhatIsImportedAndForgetsWhatAnotherKilnDeletes() throws Exception {
    String name = "soon";
    paths.put(name, "kdgcqhn3p6ri7i4hggyc3jjb0bm4lddz-soon");
    assertThat(ask("GET", name, List.of()).status()).contains("404");
    PathInfo info = importer.file(new StorePathName("soon"), false, bytes("soon deleted"));
    paths.put(name, info.path().baseName());
    assertThat(ask("GET", name, List.of()).body()).isEqualTo("soon deleted");
    assertThat(ask("GET", name, List.of()).body()).isEqualTo("soon deleted");
    jdbc.update("delete from path_info where hash = ?", info.path().hash().toByteArray());
    waitFor404(name);
    importer.file(new StorePathName("soon"), false, bytes("soon deleted"));
    assertThat(ask("GET", name, List.of()).body()).isEqualTo("soon deleted");
  }

  private void waitFor404(String name) throws Exception {
    Instant limit = Instant.now().plusSeconds(60);
    while (!ask("GET", name, List.of()).status().contains("404")) {
      assertThat(Instant.now()).as("the limit for " + name).isBefore(limit);
      Thread.sleep(100);
    }
  }

  @Test
  void aFileWhoseContentIsLostOrDamagedIsTheControllers() throws Exception {
    byte[] content = new byte[100_000];
    Arrays.fill(content, (byte) 'x');
    Blake3Digest digest = Blake3.of(content);
    paths.put("lost",
        importer.file(new StorePathName("lost"), false, new ByteArrayInputStream(content)).path().baseName());
    assertThat(ask("GET", "lost", List.of()).body()).startsWith("100000 bytes of " + digest);
    Files.delete(blobs.path(digest));
    Instant limit = Instant.now().plusSeconds(60);
    while (!ask("GET", "lost", List.of()).status().contains("500")) {
      assertThat(Instant.now()).as("the limit").isBefore(limit);
      Thread.sleep(100);
    }
    assertThat(ask("HEAD", "lost", List.of())).isEqualTo(ask("HEAD", "lost", List.of(TO_CONTROLLERS)));
    Files.write(blobs.path(digest), new byte[99_999]);
    reachedServlets.set(0);
    ask("GET", "lost", List.of());
    assertThat(reachedServlets).hasValue(1);
    Files.write(blobs.path(digest), content);
    assertThat(ask("GET", "lost", List.of()).body()).startsWith("100000 bytes of " + digest);
  }

  private List<String> headers(String target, List<String> question) throws IOException {
    if (question.stream().noneMatch(header -> header.contains("TAG"))) {
      return question;
    }
    String tag = ask("HEAD", target, List.of(TO_CONTROLLERS)).headers().stream()
        .filter(header -> header.startsWith("etag: ")).findFirst().orElseThrow().substring(6);
    return question.stream().map(header -> header.replace("TAG", tag)).toList();
  }

  private static List<String> with(String header, List<String> headers) {
    return Stream.concat(headers.stream(), Stream.of(header)).toList();
  }

  private Answer unchecked(String method, String target, List<String> headers) {
    try {
      return ask(method, target, headers);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Answer ask(String method, String target, List<String> headers) throws IOException {
    String answer = send(request(method, target, with("Connection: close", headers)));
    int end = answer.indexOf("\r\n\r\n");
    List<String> head = answer.substring(0, end).lines().toList();
    List<String> fields = head.stream().skip(1).filter(line -> !line.startsWith("Date: ")).map(FileLaneIT::lowerName)
        .sorted()
        .toList();
    return new Answer(head.getFirst(), fields, shortened(answer.substring(end + 4)));
  }

  private static String shortened(String body) {
    return body.length() <= 2_000
        ? body
        : body.length() + " bytes of " + Blake3.of(body.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String lowerName(String header) {
    int colon = header.indexOf(':');
    return header.substring(0, colon).toLowerCase(Locale.ROOT) + header.substring(colon);
  }

  private String request(String method, String target, List<String> headers) {
    String first = target.split("[/;?]", 2)[0];
    String spelled = paths.getOrDefault(first, first) + target.substring(first.length());
    StringBuilder request = new StringBuilder(
        method + " /store/" + spelled + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n");
    headers.forEach(header -> request.append(header).append("\r\n"));
    return request.append("\r\n").toString();
  }

  /** One byte for each character, both ways. */
  private String send(String requests) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(60_000);
      socket.getOutputStream().write(requests.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  private static String undated(String answers) {
    return answers.replaceAll("Date: [^\r]*\r\n", "").lines().sorted().collect(Collectors.joining("\n"));
  }
}
