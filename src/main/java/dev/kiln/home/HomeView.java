package dev.kiln.home;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a client has to know of this Kiln, with addresses as that client sees them.
 *
 * @param url the cache's, without a slash at its end
 * @param onDemandUrl the cache's whose look-ups build
 * @param publicKey as {@code trusted-public-keys} takes it
 * @param links paths below {@code url}, by what they lead to
 */
record HomeView(String name, String description, String version, String url, String onDemandUrl, String publicKey,
    Map<String, String> links) {

  private static final String DESCRIPTION = "A Nix store over HTTP that builds what you read";

  static HomeView of(String version, String url, String publicKey) {
    Map<String, String> links = new LinkedHashMap<>();
    links.put("self", "/");
    links.put("cacheInfo", "/nix-cache-info");
    links.put("publicKey", "/api/v1/public-key");
    links.put("builds", "/api/v1/builds");
    links.put("apiDescription", "/v3/api-docs");
    links.put("apiExplorer", "/swagger-ui.html");
    links.put("health", "/actuator/health");
    return new HomeView("Kiln", DESCRIPTION, version, url, url + "/on-demand", publicKey, links);
  }
}
