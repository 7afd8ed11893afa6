package dev.kiln.store;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalServerPort;

import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.Client;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Recipes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** Readers who wait for a build are no burden for those who do not. */
@KilnTest
class ManyReadersIT {

  /** Jetty runs 200 requests at the same time unless it is told otherwise. */
  private static final int READERS = 600;

  @LocalServerPort
  int port;

  private final List<Socket> sockets = new ArrayList<>();

  @AfterEach
  void leave() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @Test
  void hundredsWhoWaitForABuildHoldUpNobodyElse() throws IOException {
    Client client = new Client(port);
    KnownDerivation slow = new Recipes().script("slow-" + System.nanoTime(), "sleep 20; echo awake > $out");
    client.register(slow);
    for (int i = 0; i < READERS; i++) {
      sockets.add(ask("/store/" + Recipes.output(slow).baseName()));
    }
    String building = "/api/v1/builds?derivation=" + slow.path().baseName();
    HttpResponse<String> meanwhile = client.get(building);
    assertThat(meanwhile.statusCode()).isEqualTo(200);
    assertThat(meanwhile.body()).as("the build, while all of them wait").doesNotContain("\"succeeded\"");
    for (Socket socket : sockets) {
      assertThat(new String(socket.getInputStream().readAllBytes(), ISO_8859_1)).startsWith("HTTP/1.1 200 ")
          .endsWith("awake\n");
    }
    assertThat(client.get(building).body().split("\"submittedAt\"", -1)).as("one build").hasSize(2);
  }

  private Socket ask(String target) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(120_000);
    socket.getOutputStream()
        .write(("GET " + target + " HTTP/1.1\r\nHost: kiln\r\nConnection: close\r\n\r\n").getBytes(ISO_8859_1));
    socket.getOutputStream().flush();
    return socket;
  }
}
