package dev.kiln.server;

import java.io.IOException;
import java.net.URI;

import jakarta.servlet.http.HttpServletRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.harness.KilnTest;
import dev.kiln.harness.RawHttp;

import static org.assertj.core.api.Assertions.assertThat;

@KilnTest
@Import(RequestTargetIT.Echo.class)
class RequestTargetIT {

  @LocalServerPort
  int port;

  @TestConfiguration(proxyBeanMethods = false)
  @RestController
  static class Echo {
    @GetMapping("/echo/**")
    String echo(HttpServletRequest request) {
      return request.getRequestURI();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/echo/a/b", "/echo/a%2Fb", "/echo/a%2fb", "/echo/%FF", "/echo/%C3%28",
      "/echo/%C3", "/echo/a/..", "/echo/..", "/echo/./a", "/echo/%2e%2e/a", "/echo/%2E%2E%2F",
      "/echo/a;b=c", "/echo/;", "/echo/..;/a", "/echo/a\\b", "/echo/a%5Cb", "/echo//a", "/echo//", "/echo/a//b/",
      "/echo/%25", "/echo/%252F", "/echo/a%20b", "/echo/a+b", "/echo/%7F", "/echo/a%0Ab", "/echo/a|b", "/echo/\"<>^`{}",
      "/echo/a:b@c"})
  void reachesTheControllerAsItWasSent(String target) throws IOException {
    var response = RawHttp.get(base(), target);
    assertThat(response.body()).isEqualTo(target);
    assertThat(response.status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/echo/a%00b", "/echo/../../etc/passwd", "/echo/%zz", "/echo/%", "/echo/%4"})
  void isRefusedWithAProblemWhereItCannotBeParsed(String target) throws IOException {
    var response = RawHttp.get(base(), target);
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.headers()).containsEntry("content-type", "application/problem+json");
    assertThat(response.body()).contains("malformed").doesNotContain("badMessage");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\u00ff", "\u00c3("})
  void withBareBytesThatAreNoUtf8ReachesTheControllerMarkedAsBroken(String bytes) throws IOException {
    assertThat(RawHttp.get(base(), "/echo/" + bytes).body()).startsWith("/echo/\ufffd");
  }

  @Test
  void ofAnEncodingThatIsNoneIsRefusedWithAProblemThatQuotesIt() throws IOException {
    var response = RawHttp.get(base(), "/echo/%u0041");
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.body()).contains("'/echo/%u0041'");
  }

  @Test
  void ofAnOverlongPathStillReachesTheController() throws IOException {
    String target = "/echo/" + "%61".repeat(4096);
    assertThat(RawHttp.get(base(), target).body()).isEqualTo(target);
  }

  private URI base() {
    return URI.create("http://127.0.0.1:" + port);
  }
}
