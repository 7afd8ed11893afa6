package dev.kiln.build.fetch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.kiln.build.BuildException.BuilderFailed;
import dev.kiln.hash.NixHash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Servers that somebody vouches for, and others. */
class FetchingOverHttpsIT {

  private static final NixHash HELLO = FetchBench.sha256("hello");

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  private static Path directory;
  @SuppressWarnings("NullAway.Init")
  private static TestAuthority authority;
  @SuppressWarnings("NullAway.Init")
  private static Path trusted;
  @SuppressWarnings("NullAway.Init")
  private static SSLContext good;

  @BeforeAll
  static void certify() throws Exception {
    authority = new TestAuthority(directory, "trusted");
    trusted = authority.certificate();
    good = authority.server("good", "-ext", "san=dns:localhost,ip:127.0.0.1");
  }

  private static FetchBench bench(@Nullable Path certificates, String proxy) throws IOException {
    FetchProperties properties = new FetchProperties(true,
        new FetchProperties.Allow(List.of(), List.of("127.0.0.0/8", "::1"), List.of()), List.of(), null,
        certificates == null ? null : certificates.toString(), new FetchProperties.Proxy("", proxy, ""),
        FetchBench.limits(3));
    return new FetchBench(Files.createTempDirectory(directory, "bench"), properties);
  }

  @Test
  void aServerThatTheAuthorityVouchesForIsAsked() throws Exception {
    try (SecureServer server = new SecureServer(good, "hello"); FetchBench bench = bench(trusted, "")) {
      assertThat(bench.content(bench.flat(server.url(), HELLO))).asString().isEqualTo("hello");
    }
  }

  @Test
  void soItIsThroughTheTunnelOfAProxyThatSeesNothingOfIt() throws Exception {
    try (SecureServer server = new SecureServer(good, "hello");
        ConnectProxy proxy = new ConnectProxy();
        FetchBench bench = bench(trusted, proxy.url())) {
      assertThat(bench.content(bench.flat(server.url(), HELLO))).asString().isEqualTo("hello");
      assertThat(proxy.requests).first().asString().isEqualTo("CONNECT localhost:" + server.port() + " HTTP/1.1");
      assertThat(proxy.requests).noneMatch(line -> line.contains("/file"));
    }
  }

  @ParameterizedTest
  @CsvSource({"other-name, san=dns:example.org, +0d, matching localhost", "expired, san=dns:localhost, -5d, NotAfter",
      "not-yet, san=dns:localhost, +3d, NotBefore"})
  void certificatesThatAreNotTheServersOrNotOfTodayAreRefused(String alias, String name, String from, String why)
      throws Exception {
    SSLContext bad = authority.server(alias, "-ext", name, "-startdate", from, "-validity", "2");
    try (SecureServer server = new SecureServer(bad, "hello"); ConnectProxy proxy = new ConnectProxy()) {
      for (String through : List.of("", proxy.url())) {
        try (FetchBench bench = bench(trusted, through)) {
          assertRefused(bench, server, why);
        }
      }
    }
  }

  @Test
  void whoNobodyTrustedVouchesForIsRefused() throws Exception {
    SSLContext stranger = new TestAuthority(directory, "stranger").server("s", "-ext", "san=dns:localhost");
    try (SecureServer server = new SecureServer(stranger, "hello"); FetchBench bench = bench(trusted, "")) {
      assertRefused(bench, server, "unable to find valid certification path");
    }
    try (SecureServer server = new SecureServer(good, "hello"); FetchBench java = bench(null, "")) {
      assertRefused(java, server, "unable to find valid certification path");
    }
  }

  /** At once: another attempt would not make it better. */
  private static void assertRefused(FetchBench bench, SecureServer server, String why) {
    assertThatThrownBy(() -> bench.flat(server.url(), HELLO)).isInstanceOf(BuilderFailed.class);
    assertThat(bench.log()).contains("error: unable to download '" + server.url() + "': SSL").contains(why)
        .doesNotContain("retrying");
  }

  @Test
  void certificatesAreFoundWhereNixFindsThem() throws Exception {
    Path empty = Files.createFile(directory.resolve("empty.pem"));
    assertThat(Authorities.of(null, Map.of("NIX_SSL_CERT_FILE", trusted.toString(), "SSL_CERT_FILE", "/nowhere")))
        .isNotEqualTo(SSLContext.getDefault());
    assertThat(Authorities.of("", Map.of("SSL_CERT_FILE", "/nowhere"))).isEqualTo(SSLContext.getDefault());
    for (String unusable : List.of("/nowhere", empty.toString())) {
      assertThatThrownBy(() -> Authorities.of(unusable, Map.of())).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(unusable).hasMessageContaining("kiln.fetch.certificates");
    }
  }
}
