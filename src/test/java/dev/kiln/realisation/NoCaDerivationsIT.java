package dev.kiln.realisation;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.TestPropertySource;

import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;

import static org.assertj.core.api.Assertions.assertThat;

@KilnTest
@TestPropertySource(properties = "kiln.features.ca-derivations=false")
class NoCaDerivationsIT {

  @Test
  void refusesToBuildThemAndToKeepOrTellWhatTheyCameToBe(@LocalServerPort int port) throws IOException {
    CaStore store = new CaStore("leaf = ca \"leaf\" {} \"echo > $out\";");
    String drv = Objects.requireNonNull(store.instantiate(List.of("leaf")).get("leaf"));
    String id = kilnId(store, drv);
    try (KilnClient kiln = new KilnClient(URI.create("http://127.0.0.1:" + port))) {
      store.register(kiln, List.of(drv));
      HttpResponse<String> read = kiln.get("/api/v1/derivations/" + CaStore.baseName(drv) + "/outputs/out");
      assertThat(read.statusCode()).isEqualTo(501);
      assertThat(kiln.parse(read.body()).get("detail").asString()).contains("kiln.features.ca-derivations");
      assertThat(kiln.get("/realisations/" + id + ".doi").statusCode()).isEqualTo(404);
      assertThat(kiln.get("/on-demand/realisations/" + id + ".doi").statusCode()).isEqualTo(404);
      HttpResponse<String> put = kiln.put("/realisations/" + id + ".doi", "application/json",
          "{}".getBytes(StandardCharsets.UTF_8));
      assertThat(put.statusCode()).isEqualTo(501);
      assertThat(put.body()).contains("kiln.features.ca-derivations");
    }
  }

  private static String kilnId(CaStore store, String drv) throws IOException {
    store.nix.run("nix-store", "--realise", drv).ok();
    String info = store.nix.run("nix", "realisation", "info", "--json", drv).ok();
    return info.replaceAll("(?s).*\"id\":\"([^\"]*)\".*", "$1");
  }
}
