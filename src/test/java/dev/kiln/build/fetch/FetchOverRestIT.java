package dev.kiln.build.fetch;

import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;

import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Recipes;
import dev.kiln.harness.TemporaryDirectories;

import static org.assertj.core.api.Assertions.assertThat;

/** A derivation that downloads, registered and read as a client would. */
@KilnTest
class FetchOverRestIT {

  private static final Path DIRECTORY = TemporaryDirectories.create("kiln-https-");

  private static final TestAuthority TRUSTED = TestAuthority.of(DIRECTORY, "trusted");

  @DynamicPropertySource
  static void allowsLoopback(DynamicPropertyRegistry properties) throws Exception {
    Path certificate = TRUSTED.certificate();
    properties.add("kiln.fetch.certificates", certificate::toString);
    properties.add("kiln.fetch.allow.networks", () -> "127.0.0.0/8,::1");
  }

  @Test
  void readsWhatTheServerHas(@LocalServerPort int port) throws Exception {
    String content = "downloaded over HTTPS\n";
    TestAuthority other = new TestAuthority(DIRECTORY, "untrusted");
    SSLContext trusted = TRUSTED.server("server", "-ext", "san=dns:localhost");
    try (var kiln = new KilnClient(URI.create("http://127.0.0.1:" + port));
        var server = new SecureServer(trusted, content);
        var stranger = new SecureServer(other.server("s", "-ext", "san=dns:localhost"), content)) {
      KnownDerivation good = register(kiln, "fetched-by-https", server.url(), content);
      assertThat(kiln.get("/store/" + Recipes.output(good).baseName()).body()).isEqualTo(content);
      KnownDerivation bad = register(kiln, "fetched-from-stranger", stranger.url(), content + " ");
      HttpResponse<String> refused = kiln.get("/store/" + Recipes.output(bad).baseName());
      assertThat(refused.statusCode()).isEqualTo(424);
      assertThat(refused.body()).contains("SSL").contains("certification path");
    }
  }

  private static KnownDerivation register(KilnClient kiln, String name, String url, String content) throws Exception {
    KnownDerivation fetched = new Recipes().fetched(name, url, content);
    HttpResponse<String> registered = kiln.put("/api/v1/derivations/" + fetched.path().baseName(),
        "text/x-nix-derivation",
        fetched.file().aterm().toByteArray());
    assertThat(registered.statusCode()).as(registered.body()).isIn(200, 201);
    return fetched;
  }
}
