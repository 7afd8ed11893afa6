package dev.kiln.build.fetch;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ProxiesTests {

  private static final FetchProperties.Proxy UNSET = new FetchProperties.Proxy(null, null, null);

  @ParameterizedTest
  @CsvSource({"http://a/,http://p:1/", "https://a/,https://q:2/", "http://b.internal/,", "http://internal/,",
      "https://x.y.internal/,", "http://notinternal/,http://p:1/", "http://c:81/,", "http://c/,http://p:1/"})
  void areThoseOfTheEnvironment(String url, String proxy) throws Exception {
    Proxies proxies = Proxies.of(UNSET,
        Map.of("http_proxy", "p:1", "HTTPS_PROXY", "https://u:s@q:2", "no_proxy", ".internal, c:81"));
    assertThat(proxies.of(Url.parse(url)).map(Url::toString).orElse(null)).isEqualTo(proxy);
  }

  @Test
  void areThoseOfTheConfigurationFirst() throws Exception {
    Proxies proxies = Proxies.of(new FetchProperties.Proxy("http://own:3", "", null),
        Map.of("http_proxy", "p:1", "https_proxy", "p:1", "all_proxy", "p:1"));
    assertThat(proxies.of(Url.parse("http://a/"))).hasToString("Optional[http://own:3/]");
    assertThat(proxies.of(Url.parse("https://a/"))).isEmpty();
  }

  @Test
  void areNoneForAStar() throws Exception {
    assertThat(
        Proxies.of(new FetchProperties.Proxy("http://p:1", "http://p:1", "*"), Map.of()).of(Url.parse("http://a/")))
        .isEmpty();
  }

  /** A web server would let its clients set it. */
  @Test
  void areNotWhatAHeaderNamedProxySaid() throws Exception {
    assertThat(Proxies.of(UNSET, Map.of("HTTP_PROXY", "p:1")).of(Url.parse("http://a/"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"socks5://p:1", "http://", "http://a b"})
  void areOfHttp(String proxy) {
    assertThatThrownBy(() -> Proxies.of(UNSET, Map.of("http_proxy", proxy)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
