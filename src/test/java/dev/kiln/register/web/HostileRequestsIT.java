package dev.kiln.register.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.jdbc.JdbcTestUtils;

import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.Client;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.RawHttp;
import dev.kiln.harness.Recipes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Requests that mean ill, or were made by something broken: each is refused with a reason, and leaves nothing. */
@KilnTest
@TestPropertySource(properties = {"kiln.register.max-source=1MB", "kiln.register.max-derivations=2MB",
    "spring.servlet.multipart.max-request-size=4MB"})
class HostileRequestsIT {

  private static final String HASH = "0000000000000000000000000000000a";

  @LocalServerPort
  int port;

  @Autowired
  JdbcTemplate jdbc;

  @Value("${kiln.data-dir}")
  Path data;

  private final Recipes recipes = new Recipes();
  private Client client = new Client(0);

  @BeforeEach
  void empty() {
    client = new Client(port);
    jdbc.update("truncate build, derivation, path_info cascade");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "abc", "0000000000000000000000000000000a",
      "000000000000000000000000000000ea-x", "0000000000000000000000000000000A-x", "0000000000000000000000000000000a_x",
      "0000000000000000000000000000000a-.", "0000000000000000000000000000000a-..",
      "0000000000000000000000000000000a-a%20b", "0000000000000000000000000000000a-a%2Fb", "..%2F..%2Fetc%2Fpasswd",
      "%FF%FE", "0000000000000000000000000000000a-%C3%28", "%2e%2e"})
  void aStorePathThatIsNoneIsMalformed(String path) throws IOException {
    assertProblem(RawHttp.get(client.base(), "/store/" + path), 400, "'");
    assertProblem(RawHttp.get(client.base(), "/api/v1/stat/" + path), 400, "'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"..", "%2e%2e", "a/../b", ".", "a/./b", "a//b", "/", "a%2Fb", "..%2F..%2Fx", "%00", "a%00b",
      "%4", "%", "%zz"})
  void aSubPathThatNoDirectoryCanHoldIsMalformed(String sub) throws IOException {
    assertProblem(RawHttp.get(client.base(), "/store/" + HASH + "-x/" + sub), 400, "");
  }

  @Test
  void anEmptyOrOverlongNameIsMalformed() throws IOException {
    assertProblem(RawHttp.get(client.base(), "/store/" + HASH + "-"), 400, "name of a store path is empty");
    assertProblem(RawHttp.get(client.base(), "/store/" + HASH + "-" + "n".repeat(212)), 400, "longer than 211");
    assertProblem(RawHttp.get(client.base(), "/store/" + HASH + "-x/" + "n".repeat(256)), 400, "more than 255");
  }

  @Test
  void aPathThatNobodyKnowsIsNotFoundAndTheAnswerSaysWhoWasAsked() {
    assertProblem(client.get("/store/" + HASH + "-x/y", "Accept", "text/html"), 404, HASH + "-x", "asked", "help");
  }

  @ParameterizedTest
  @CsvSource({"GET, /api/v1/builds/no-uuid, '', 400", "GET, /api/v1/builds?limit=0, '', 400",
      "GET, /api/v1/builds?state=odd, '', 400", "GET, /api/v1/builds/00000000-0000-0000-0000-000000000000, '', 404",
      "DELETE, /store/0000000000000000000000000000000a-x, '', 405", "POST, /api/v1/derivations, text/plain, 415",
      "PUT, /api/v1/sources/x, text/plain, 415", "GET, /no/such/thing, '', 404",
      "PUT, /api/v1/sources/a%20b, application/octet-stream, 400",
      "PUT, /api/v1/derivations/x.drv, application/octet-stream, 400"})
  void whatIsAskedWrongIsAProblem(String method, String target, String type, int status) {
    String[] headers = type.isEmpty() ? new String[0] : new String[]{"Content-Type", type};
    byte[] body = type.isEmpty() ? new byte[0] : "x".getBytes(UTF_8);
    assertProblem(client.send(method, target, body, headers), status, "detail");
  }

  @Test
  void aDerivationThatIsNotWhatItsNameSaysIsRefused() {
    KnownDerivation known = recipes.script("honest", "true");
    String aterm = known.file().aterm().toString();
    assertProblem(put(known.path().baseName(), aterm.replace("true", "evil")), 422, "has the content of");
    assertProblem(put(known.path().baseName(), aterm.substring(0, aterm.length() / 2)), 422, "honest");
    assertProblem(put(known.path().baseName(), ""), 422, "honest");
    assertProblem(put(known.path().baseName(), "x".repeat(3 << 20)), 413, "larger than 2 MB");
    assertProblem(put(HASH + "-no-derivation", aterm), 422, ".drv");
    assertThat(count("derivation")).isZero();
  }

  @Test
  void aDerivationThatNeedsUnknownOnesIsRefusedAndTheyAreNamed() {
    KnownDerivation input = recipes.script("unknown", "true");
    KnownDerivation needy = recipes.script("needy", "true", input);
    assertProblem(put(needy.path().baseName(), needy.file().aterm().toString()), 422, input.path().baseName());
    assertThat(count("derivation")).isZero();
  }

  @Test
  void oneBadDerivationAmongAHundredMakesAllOfThemRefused() {
    Map<String, String> files = new TreeMap<>();
    for (KnownDerivation known : recipes.chain("good", 99)) {
      files.put(known.path().baseName(), known.file().aterm().toString());
    }
    KnownDerivation bad = recipes.script("bad", "true");
    files.put(bad.path().baseName(), bad.file().aterm().toString().replace("true", "evil"));
    assertProblem(postTar(files), 422, "bad.drv");
    assertProblem(postMultipart(files), 422, "bad.drv");
    assertThat(count("derivation")).isZero();
    files.remove(bad.path().baseName());
    assertThat(postMultipart(files).body()).contains("\"registered\":99");
    assertThat(postTar(files).body()).contains("\"alreadyKnown\":99");
  }

  @Test
  void aBombOfPartsIsTooLarge() {
    assertProblem(postMultipart(Map.of("x.drv", "x".repeat(5 << 20))), 413, "detail");
  }

  @Test
  void aTarThatIsNoneIsRefused() {
    for (String type : List.of("/api/v1/derivations POST", "/api/v1/sources/x PUT")) {
      String[] words = type.split(" ", -1);
      assertProblem(client.send(words[1], words[0], "no tar at all".repeat(100).getBytes(UTF_8), "Content-Type",
          "application/x-tar"), 422, "tar");
    }
    assertNothingLeft();
  }

  @Test
  void aNarThatNixWouldNotWriteIsRefused() {
    String file = nar("( type regular contents body )");
    for (String bad : List.of("", "garbage garbage garbage", nar("( type regular contents").substring(0, 40),
        file + "more bytes", nar("( type directory entry ( name .. node ") + nar("( type regular contents x ) ) )"),
        narWords("nix-archive-1 ( type directory entry ( name b node ( type regular contents x ) ) "
            + "entry ( name a node ( type regular contents x ) ) )"),
        narWords("nix-archive-1 ( type directory entry ( name a node ( type regular contents x ) ) "
            + "entry ( name a node ( type regular contents x ) ) )"),
        narWords("nix-archive-1 ( type directory entry ( name a/b node ( type regular contents x ) ) )"),
        narWords("nix-archive-1 ( type regular contents") + "\377".repeat(8))) {
      assertProblem(putNar(bad), 422, "not a NAR");
    }
    assertNothingLeft();
    assertThat(putNar(file).statusCode()).isEqualTo(201);
  }

  @Test
  void aTreeThousandsOfDirectoriesDeepIsReadToTheEnd() {
    StringBuilder deep = new StringBuilder("nix-archive-1");
    int depth = 2_500;
    deep.append(" ( type directory entry ( name d node".repeat(depth)).append(" ( type directory )")
        .append(" ) )".repeat(depth));
    assertThat(putNar(narWords(deep.toString())).statusCode()).isEqualTo(201);
  }

  @Test
  void aSourceBeyondTheLimitIsTooLarge() {
    assertProblem(client.send("PUT", "/api/v1/sources/x", new byte[2 << 20], "Content-Type",
        "application/octet-stream"), 413, "larger than 1 MB");
    assertNothingLeft();
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/octet-stream", "application/x-nix-nar", "application/x-tar"})
  void aClientThatGoesAwayLeavesNothing(String type) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write(("PUT /api/v1/sources/x HTTP/1.1\r\nHost: x\r\nContent-Type: " + type
          + "\r\nContent-Length: 500000\r\n\r\n").getBytes(ISO_8859_1));
      socket.getOutputStream().write(nar("( type regular contents").getBytes(ISO_8859_1));
      socket.getOutputStream().write(new byte[100_000]);
      socket.getOutputStream().flush();
    }
    await().untilAsserted(this::assertNothingLeft);
  }

  @Test
  void aBuildThatFailsInAnInputNamesItWithItsExitCodeAndItsLog() {
    KnownDerivation leaf = recipes.script("leaf", "echo so it goes; exit 7");
    KnownDerivation user = recipes.script("user", "true", leaf);
    client.register(leaf, user);
    HttpResponse<String> failed = client.get("/store/" + Recipes.output(user).baseName());
    assertProblem(failed, 424, leaf.path().toString(), "\"exitCode\":7", "so it goes", "/log");
  }

  @Test
  void aBuildThatWritesNothingFails() {
    KnownDerivation nothing = recipes.script("nothing", "true");
    client.register(nothing);
    assertProblem(client.get("/store/" + Recipes.output(nothing).baseName()), 424, "nothing");
  }

  private HttpResponse<String> put(String name, String aterm) {
    return client.send("PUT", "/api/v1/derivations/" + name, aterm.getBytes(UTF_8), "Content-Type",
        "text/x-nix-derivation");
  }

  private HttpResponse<String> putNar(String nar) {
    return client.send("PUT", "/api/v1/sources/x", nar.getBytes(ISO_8859_1), "Content-Type", "application/x-nix-nar");
  }

  private HttpResponse<String> postMultipart(Map<String, String> files) {
    StringBuilder body = new StringBuilder();
    files.forEach((name, content) -> body.append("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"")
        .append(name).append("\"\r\n\r\n").append(content).append("\r\n"));
    return client.send("POST", "/api/v1/derivations", body.append("--b--\r\n").toString().getBytes(UTF_8),
        "Content-Type", "multipart/form-data; boundary=b");
  }

  private HttpResponse<String> postTar(Map<String, String> files) {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    files.forEach((name, content) -> {
      byte[] bytes = content.getBytes(UTF_8);
      byte[] header = new byte[512];
      put(header, 0, name);
      put(header, 124, "%011o".formatted(bytes.length));
      header[156] = '0';
      put(header, 257, "ustar\00000");
      Arrays.fill(header, 148, 156, (byte) ' ');
      int sum = 0;
      for (byte each : header) {
        sum += each & 0xff;
      }
      put(header, 148, "%06o\0 ".formatted(sum));
      tar.writeBytes(header);
      tar.writeBytes(Arrays.copyOf(bytes, (bytes.length + 511) / 512 * 512));
    });
    tar.writeBytes(new byte[1024]);
    return client.send("POST", "/api/v1/derivations", tar.toByteArray(), "Content-Type", "application/x-tar");
  }

  private static void put(byte[] block, int at, String text) {
    System.arraycopy(text.getBytes(ISO_8859_1), 0, block, at, text.length());
  }

  private static String nar(String words) {
    return narWords("nix-archive-1 " + words);
  }

  private static String narWords(String words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String word : words.strip().split(" ", -1)) {
      out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(word.length()).array());
      out.writeBytes(Arrays.copyOf(word.getBytes(ISO_8859_1), (word.length() + 7) / 8 * 8));
    }
    return out.toString(ISO_8859_1);
  }

  private void assertNothingLeft() {
    assertThat(count("path_info")).isZero();
    List<Path> left = new ArrayList<>();
    try (Stream<Path> batches = Files.list(data.resolve("tmp"))) {
      batches.forEach(left::add);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    assertThat(left).isEmpty();
  }

  private int count(String table) {
    return JdbcTestUtils.countRowsInTable(jdbc, table);
  }

  private static void assertProblem(RawHttp.Response response, int status, String quoted) {
    assertThat(response.body()).contains(quoted);
    assertThat(response.status()).isEqualTo(status);
    assertThat(response.headers()).containsEntry("content-type", "application/problem+json");
  }

  private static void assertProblem(HttpResponse<String> response, int status, String... quoted) {
    assertThat(response.body()).contains(quoted);
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.headers().firstValue("content-type")).contains("application/problem+json");
  }
}
