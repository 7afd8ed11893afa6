package dev.kiln.build.fetch;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildException.BuilderFailed;
import dev.kiln.build.BuildException.CannotBuildHere;
import dev.kiln.build.BuildException.TimedOut;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.IngestionMethod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Servers that lead elsewhere, break off, or keep one waiting; and URLs that are meant to reach what they should not. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class FetchingFromHostileServersTests {

  private static final NixHash HELLO = FetchBench.sha256("hello");
  private static final String LOOPBACK = "127.0.0.0/8";

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  private Path directory;

  private interface Talk {
    void with(Socket client, OutputStream out) throws Exception;
  }

  /** A server that says whatever a test wants it to. */
  private static final class RawServer implements AutoCloseable {
    final AtomicInteger connections = new AtomicInteger();
    final CountDownLatch hungUp = new CountDownLatch(1);
    private final ServerSocket socket = new ServerSocket(0, 10, InetAddress.getByAddress(new byte[]{127, 0, 0, 1}));

    RawServer(Talk talk) throws IOException {
      Thread.ofVirtual().start(() -> {
        while (!socket.isClosed()) {
          try {
            Socket client = socket.accept();
            connections.incrementAndGet();
            Thread.ofVirtual().start(() -> talk(talk, client));
          } catch (IOException _) {
            return;
          }
        }
      });
    }

    private void talk(Talk talk, Socket client) {
      try (client) {
        client.getInputStream().read(new byte[4096]);
        talk.with(client, client.getOutputStream());
      } catch (Exception _) {
        // the client is gone, which is what some tests wait for
        hungUp.countDown();
      }
    }

    String url() {
      return "http://127.0.0.1:" + socket.getLocalPort() + "/";
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static void say(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  private static FetchProperties limited(int attempts, Duration read, Duration time) {
    var limits = new FetchProperties.Limits(DataSize.ofKilobytes(256), Duration.ofSeconds(30), read, time, attempts,
        10);
    return FetchBench.properties(new FetchProperties.Allow(List.of(), List.of(LOOPBACK), List.of()), limits);
  }

  private FetchBench bench(int attempts) throws IOException {
    return new FetchBench(directory, limited(attempts, Duration.ofSeconds(30), Duration.ofMinutes(2)));
  }

  private void assertNothingLeft(FetchBench bench) throws IOException {
    assertThat(bench.files()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://127.0.0.1:%d/", "http://localhost:%d/", "http://LOCALHOST.:%d/", "http://0.0.0.0:%d/",
      "http://127.1:%d/", "http://2130706433:%d/", "http://0x7f000001:%d/", "http://0177.0.0.1:%d/",
      "http://017700000001:%d/",
      "http://[::1]:%d/", "http://[::]:%d/", "http://[::ffff:127.0.0.1]:%d/", "http://[::ffff:7f00:1]:%d/",
      "http://[::127.0.0.1]:%d/", "http://[64:ff9b::127.0.0.1]:%d/", "http://①②⑦.⓪.⓪.①:%d/", "http://127。0。0。1:%d/",
      "http://example.org@127.0.0.1:%d/", "http://127.0.0.1:%d#@example.org/",
      "http://127.0.0.1:%d/?http://example.org",
      "http://127.0.0.2:%d/", "http://169.254.169.254/%d", "http://10.0.0.1:%d/", "http://192.168.0.1:%d/",
      "http://172.16.0.1:%d/", "http://100.64.0.1:%d/", "http://[fd00::1]:%d/", "http://[fe80::1]:%d/",
      "http://224.0.0.1:%d/",
      "https://127.0.0.1:%d/"})
  void reachNothingThatIsNotPublicByDefault(String url) throws Exception {
    try (var inside = new WebServer("127.0.0.1", exchange -> WebServer.answer(exchange, 200, "hello"));
        var bench = new FetchBench(directory, FetchBench.allowing())) {
      String text = url.formatted(inside.port());
      // what Java does not take for an address at all is not found, rather than refused
      assertThatThrownBy(() -> bench.flat(text, HELLO)).isInstanceOfAny(CannotBuildHere.class, BuilderFailed.class);
      assertThat(inside.requests).isEmpty();
    }
  }

  @Test
  void sayByWhichSettingAnAddressIsRefused() throws Exception {
    try (var bench = new FetchBench(directory, FetchBench.allowing())) {
      assertThatThrownBy(() -> bench.flat("http://user:secret@localhost/x", HELLO)).isInstanceOf(CannotBuildHere.class)
          .hasMessage("unable to download 'http://localhost/x': 'localhost' has no address that may be connected to"
              + " (kiln.fetch.allow.networks)");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://127.0.0.1:%d/", "http://localhost:%d/", "//127.0.0.1:%d/", "http://[::1]:%d/",
      "http://2130706433:%d/", "file:///etc/hostname?%d", "ftp://127.0.0.1:%d/", "gopher://127.0.0.1:%d/", "http://%d"})
  void reachNothingMoreByARedirect(String location) throws Exception {
    try (var inside = new WebServer("127.0.0.1", exchange -> WebServer.answer(exchange, 200, "hello"));
        var outside = new WebServer("127.0.0.2",
            exchange -> WebServer.redirect(exchange, location.formatted(inside.port())));
        var bench = new FetchBench(directory, FetchBench.properties(
            new FetchProperties.Allow(List.of(), List.of("127.0.0.2"), List.of("/")), FetchBench.limits(1)))) {
      assertThatThrownBy(() -> bench.flat(outside.url("/"), HELLO)).isInstanceOfAny(CannotBuildHere.class,
          BuilderFailed.class);
      assertThat(outside.requests).hasSize(1);
      assertThat(inside.requests).isEmpty();
      assertNothingLeft(bench);
    }
  }

  @Test
  void reachOnlyHostsThatAreAllowedWhereSomeAre() throws Exception {
    var allow = new FetchProperties.Allow(List.of("127.0.0.1", "*.example.org"), List.of(LOOPBACK), List.of());
    try (var other = new WebServer("127.0.0.2", exchange -> WebServer.answer(exchange, 200, "hello"));
        var server = new WebServer("127.0.0.1", exchange -> {
          if (exchange.getRequestURI().getPath().equals("/away")) {
            WebServer.redirect(exchange, other.url("/"));
          } else {
            WebServer.answer(exchange, 200, "hello");
          }
        });
        var bench = new FetchBench(directory, FetchBench.properties(allow, FetchBench.limits(1)))) {
      bench.flat(server.url("/"), HELLO);
      for (String url : List.of(other.url("/"), server.url("/away"), "http://example.org/", "http://badexample.org/")) {
        assertThatThrownBy(() -> bench.flat(url, HELLO)).isInstanceOf(CannotBuildHere.class)
            .hasMessageContaining("kiln.fetch.allow.hosts");
      }
      assertThat(other.requests).isEmpty();
    }
  }

  @Test
  void areFollowedAsFarAsIsAllowed() throws Exception {
    try (var server = new WebServer("127.0.0.1", exchange -> {
      int left = Integer.parseInt(exchange.getRequestURI().getPath().substring(1));
      if (left == 0) {
        WebServer.answer(exchange, 200, "hello");
      } else {
        WebServer.redirect(exchange, Integer.toString(left - 1));
      }
    }); var bench = bench(5)) {
      bench.flat(server.url("/10"), HELLO);
      assertThat(server.requests).hasSize(11);
      assertThatThrownBy(() -> bench.flat(server.url("/11"), HELLO)).isInstanceOf(BuilderFailed.class);
      assertThat(bench.log()).contains("Number of redirects hit maximum amount");
      // and not another time
      assertThat(server.requests).hasSize(22);
    }
  }

  @Test
  void getAnotherChanceAfterAFailureThatPasses() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    try (var server = new WebServer("127.0.0.1", exchange -> {
      boolean busy = requests.getAndIncrement() < 2;
      WebServer.answer(exchange, busy ? 503 : 200, busy ? "busy" : "hello");
    }); var bench = bench(5)) {
      bench.flat(server.url("/"), HELLO);
      assertThat(requests).hasValue(3);
      assertThat(bench.log().lines().limit(2)).allMatch(line -> line.matches(
          "warning: unable to download '.*': HTTP error 503 \\('Service Unavailable'\\); retrying in \\d+ ms"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 407, 410, 501, 505})
  void getNoOtherChanceAfterOneThatDoesNot(int status) throws Exception {
    try (var server = new WebServer("127.0.0.1", exchange -> WebServer.answer(exchange, status, "no"));
        var bench = bench(
            5)) {
      assertThatThrownBy(() -> bench.flat(server.url("/"), HELLO)).isInstanceOf(BuilderFailed.class);
      assertThat(server.requests).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -7\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nhello"})
  void areTriedAgainAndThenGivenUpIfTheyBreakOff(String answer) throws Exception {
    try (var server = new RawServer((_, out) -> say(out, answer)); var bench = bench(2)) {
      assertThatThrownBy(() -> bench.flat(server.url(), HELLO)).isInstanceOf(BuildException.class);
      assertThat(server.connections.get()).isBetween(1, 2);
      assertNothingLeft(bench);
    }
  }

  @Test
  void areTriedAgainIfAnArchiveBreaksOff() throws Exception {
    try (var server = new RawServer((_, out) -> say(out, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n\u00fd7zXZ"));
        var bench = bench(2)) {
      assertThatThrownBy(() -> bench.fetch(IngestionMethod.RECURSIVE, HELLO,
          Map.of("url", server.url() + "x.nar.xz", "unpack", "1"))).isInstanceOf(BuilderFailed.class);
      assertThat(server.connections).hasValue(2);
      assertThat(bench.log()).contains("retrying in", "after 5 bytes");
    }
  }

  @Test
  void cannotFillTheMemoryWithHeaders() throws Exception {
    try (var server = new RawServer((_, out) -> {
      say(out, "HTTP/1.1 200 OK\r\n");
      while (true) {
        say(out, "X: " + "y".repeat(1000) + "\r\n");
      }
    }); var bench = bench(1)) {
      assertThatThrownBy(() -> bench.flat(server.url(), HELLO)).isInstanceOf(BuilderFailed.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"})
  void areGivenUpIfTheyFallSilent(String beginning) throws Exception {
    try (var server = new RawServer((client, out) -> {
      say(out, beginning);
      client.getInputStream().read();
    }); var bench = new FetchBench(directory, limited(1, Duration.ofMillis(300), Duration.ofMinutes(2)))) {
      assertThatThrownBy(() -> bench.flat(server.url(), HELLO)).isInstanceOf(BuilderFailed.class);
      assertThat(bench.log()).contains("Timeout was reached (28)");
      assertNothingLeft(bench);
    }
  }

  @Test
  void areHungUpOnWhenTheTimeIsOver() throws Exception {
    try (var server = new RawServer((_, out) -> {
      say(out, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
      while (true) {
        say(out, "x");
        Thread.sleep(50);
      }
    }); var bench = new FetchBench(directory, limited(5, Duration.ofSeconds(30), Duration.ofMillis(700)))) {
      assertThatThrownBy(() -> bench.flat(server.url(), HELLO)).isInstanceOf(TimedOut.class)
          .hasMessageContaining("kiln.fetch.limits.time");
      assertThat(server.hungUp.await(1, TimeUnit.MINUTES)).isTrue();
      assertThat(server.connections).hasValue(1);
      assertNothingLeft(bench);
    }
  }

  @Test
  void areHungUpOnWhenABuildIsInterrupted() throws Exception {
    CompletableFuture<Void> talking = new CompletableFuture<>();
    try (var server = new RawServer((_, out) -> {
      say(out, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx");
      talking.complete(null);
      while (true) {
        Thread.sleep(50);
        say(out, "x");
      }
    }); var bench = bench(5)) {
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread build = Thread.ofPlatform().start(() -> {
        try {
          bench.flat(server.url(), HELLO);
        } catch (InterruptedException | RuntimeException e) {
          thrown.set(e);
        }
      });
      talking.get(1, TimeUnit.MINUTES);
      build.interrupt();
      build.join();
      assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
      assertThat(server.hungUp.await(1, TimeUnit.MINUTES)).isTrue();
      assertNothingLeft(bench);
    }
  }

  @Test
  void getNoCredentialsOfOthers() throws Exception {
    Path netrc = Files.writeString(directory.resolve("netrc"), "machine 127.0.0.1 login me password secret\n");
    FetchProperties open = FetchBench.allowing(LOOPBACK);
    var properties = new FetchProperties(true, open.allow(), List.of(), netrc.toString(), null, open.proxy(),
        open.limits());
    try (var other = new WebServer("127.0.0.2", exchange -> WebServer.answer(exchange, 200, "hello"));
        var server = new WebServer("127.0.0.1", exchange -> WebServer.redirect(exchange, other.url("/")));
        var bench = new FetchBench(Files.createDirectory(directory.resolve("bench")), properties)) {
      bench.flat(server.url("/"), HELLO);
      bench.flat(server.url("/").replace("http://", "http://you:hidden@"), HELLO);
      assertThat(server.authorizations).containsExactly("Basic bWU6c2VjcmV0", "Basic eW91OmhpZGRlbg==");
      assertThat(other.authorizations).containsExactly("", "");
      assertThat(bench.log()).doesNotContain("you", "hidden");
    }
  }

  @Test
  void areReachedThroughAProxyThatMayItselfBeInside() throws Exception {
    try (var proxy = new WebServer("127.0.0.1", exchange -> WebServer.answer(exchange, 200, "hello"));
        var bench = new FetchBench(directory, new FetchProperties(true,
            new FetchProperties.Allow(List.of(), List.of(), List.of()), List.of(), null, null,
            new FetchProperties.Proxy(proxy.url("/"), "", "127.0.0.2"), FetchBench.limits(1)))) {
      bench.flat("http://name.invalid/x", HELLO);
      assertThat(proxy.requests).containsExactly("GET http://name.invalid/x");
      for (String inside : List.of("http://127.0.0.1:1/", "http://localhost/", "http://127.0.0.2/", proxy.url("/x"))) {
        assertThatThrownBy(() -> bench.flat(inside, HELLO)).isInstanceOf(CannotBuildHere.class);
      }
      assertThat(proxy.requests).hasSize(1);
    }
  }
}
