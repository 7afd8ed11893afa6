package dev.kiln.binarycache;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

import io.micrometer.core.instrument.LongTaskTimer;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.jdbc.JdbcTestUtils;

import dev.kiln.harness.Client;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.RawHttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A Kiln with narrow limits for pushes that mean ill, and what must be true after each. It is shared by all test classes of that
 * kind.
 */
@KilnTest
@TestPropertySource(properties = {"kiln.cache.max-nar-size=24MB", "kiln.cache.free-nar-size=1MB",
    "kiln.cache.max-nar-ratio=10", "kiln.cache.max-log=1MB", "kiln.cache.upload-grace=4s",
    "server.jetty.connection-idle-timeout=4s"})
abstract class HostilePushes {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final List<String> TABLES = List.of("path_info", "path_reference", "uploaded_nar", "uploaded_log",
      "directory", "derivation");

  /**
   * What a Kiln has.
   *
   * @param rows by table
   * @param blobs their files
   * @param waiting files of uploads that are not whole
   * @param open files of the data directory that this process has open
   * @param requests that are being answered
   */
  record State(SortedMap<String, Integer> rows, SortedSet<String> blobs, List<String> waiting, List<String> open,
      int requests) {

    int rows(String table) {
      return rows.getOrDefault(table, 0);
    }
  }

  @LocalServerPort
  int port;
  @Autowired
  JdbcTemplate jdbc;
  @Autowired
  MeterRegistry meters;
  @Value("${kiln.data-dir}")
  Path data;

  Client client = new Client(0);
  private State before = new State(new TreeMap<>(), new TreeSet<>(), List.of(), List.of(), 0);

  @BeforeEach
  void look() throws IOException {
    client = new Client(port);
    before = state();
    assertThat(before.waiting()).isEmpty();
  }

  /** From now on what is here may stay. */
  void keepWhatIsHere() throws IOException {
    await().atMost(LIMIT).until(() -> state().requests() == 0);
    before = state();
  }

  State stateBefore() {
    return before;
  }

  void assertNothingLeft() {
    await().atMost(LIMIT).untilAsserted(() -> assertThat(state()).isEqualTo(before));
  }

  void assertInvisible(Push push) {
    String hash = push.path().hash().toString();
    for (String target : List.of("/" + hash + ".narinfo", "/on-demand/" + hash + ".narinfo", "/" + hash + ".ls",
        "/api/v1/stat/" + push.path().baseName(), "/store/" + push.path().baseName(),
        "/api/v1/paths/" + push.path().baseName())) {
      assertThat(client.get(target).statusCode()).as(target).isEqualTo(404);
    }
  }

  State state() throws IOException {
    SortedMap<String, Integer> rows = new TreeMap<>();
    TABLES.forEach(table -> rows.put(table, JdbcTestUtils.countRowsInTable(jdbc, table)));
    SortedSet<String> blobs = new TreeSet<>();
    for (String kept : List.of("blobs", "packs")) {
      try (Stream<Path> files = Files.walk(data.resolve(kept))) {
        files.filter(Files::isRegularFile).forEach(file -> blobs.add(file.toString()));
      }
    }
    List<String> waiting;
    try (Stream<Path> files = Files.list(data.resolve("tmp"))) {
      waiting = files.map(Path::toString).toList();
    }
    return new State(rows, blobs, waiting, openFiles(), activeRequests());
  }

  private List<String> openFiles() throws IOException {
    List<String> open = new ArrayList<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          // packs that were read last are kept open
          if (target.startsWith(data.toString()) && !target.startsWith(data.resolve("packs").toString())) {
            open.add(target);
          }
        } catch (IOException _) {
          // it was closed meanwhile
        }
      }
    }
    return open.stream().sorted().toList();
  }

  private int activeRequests() {
    int servlets = meters.find("http.server.requests.active").longTaskTimers().stream()
        .mapToInt(LongTaskTimer::activeTasks).sum();
    return servlets + (int) meters.get("kiln.lane.requests.active").gauge().value();
  }

  HttpResponse<String> put(String target, byte[] body) {
    return client.send("PUT", target, body);
  }

  void send(Push push) {
    assertThat(put(push.narTarget(), push.file()).statusCode()).isEqualTo(201);
  }

  HttpResponse<String> sendNarInfo(Push push) {
    return put(push.narInfoTarget(), push.narInfoBytes());
  }

  /** A problem that makes a client give up at once: it must not try again, since it would do so without a body. */
  static void assertProblem(HttpResponse<String> response, int status, String... quoted) {
    assertThat(response.body()).contains(quoted);
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.headers().firstValue("content-type")).contains("application/problem+json");
    assertFinal(status);
  }

  static void assertProblem(RawHttp.Response response, int status, String... quoted) {
    assertThat(response.body()).contains(quoted);
    assertThat(response.status()).isEqualTo(status);
    assertThat(response.headers()).containsEntry("content-type", "application/problem+json");
    assertFinal(status);
  }

  private static void assertFinal(int status) {
    assertThat(Arrays.asList(400, 404, 405, 409, 413, 415, 422, 501)).contains(status);
  }
}
