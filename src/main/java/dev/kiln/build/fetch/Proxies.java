package dev.kiln.build.fetch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Which URL is reached through which proxy.
 *
 * @param direct hosts and domains that are reached without one
 */
record Proxies(Optional<Url> http, Optional<Url> https, List<String> direct) {

  Proxies { direct = List.copyOf(direct); }

  /**
   * @param environment that tells what {@code configured} does not, by curl's names
   * @throws IllegalArgumentException if a proxy is none
   */
  static Proxies of(FetchProperties.Proxy configured, Map<String, String> environment) {
    // HTTP_PROXY is what a CGI program gets from its client's header Proxy: curl does not read it, either
    String http = first(configured.http(), environment, "http_proxy", "all_proxy", "ALL_PROXY");
    String https = first(configured.https(), environment, "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY");
    String direct = first(configured.noProxy(), environment, "no_proxy", "NO_PROXY");
    return new Proxies(proxy(http), proxy(https), Arrays.stream(direct.split("[,\\s]+", -1)).filter(
        entry -> !entry.isEmpty()).map(entry -> entry.toLowerCase(Locale.ROOT)).toList());
  }

  private static String first(@Nullable String configured, Map<String, String> environment, String... names) {
    return configured != null
        ? configured
        : Stream.of(names).map(environment::get).filter(value -> value != null && !value.isBlank()).findFirst()
            .orElse("");
  }

  private static Optional<Url> proxy(String text) {
    if (text.isBlank()) {
      return Optional.empty();
    }
    try {
      Url url = Url.parse(text.contains("://") ? text.strip() : "http://" + text.strip());
      if (url.isHttp()) {
        return Optional.of(url);
      }
      throw new IllegalArgumentException("proxy '" + url + "' is not one of HTTP");
    } catch (FetchFailed e) {
      throw new IllegalArgumentException("a proxy of downloads is no URL", e);
    }
  }

  /** @return those that there are, each once */
  List<Url> all() {
    List<Url> all = new ArrayList<>();
    http.ifPresent(all::add);
    https.filter(proxy -> !all.contains(proxy)).ifPresent(all::add);
    return all;
  }

  Optional<Url> of(Url url) {
    return direct.stream().anyMatch(entry -> matches(entry, url))
        ? Optional.empty()
        : url.scheme().equals("https") ? https : http;
  }

  private static boolean matches(String entry, Url url) {
    if (entry.equals("*")) {
      return true;
    }
    String host = url.host();
    String domain = entry.startsWith(".") ? entry.substring(1) : entry;
    if (domain.startsWith("[") && domain.endsWith("]")) {
      domain = domain.substring(1, domain.length() - 1);
    }
    return host.equals(domain) || host.endsWith("." + domain) || (host + ":" + url.port()).equals(domain);
  }
}
