package dev.kiln.build.fetch;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLContext;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;

/** A web server on the loopback interface that is spoken to by HTTPS, and has one content everywhere. */
final class SecureServer implements AutoCloseable {

  private final HttpsServer server;

  SecureServer(SSLContext identity, String content) throws IOException {
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getByAddress(new byte[]{127, 0, 0, 1}), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(identity));
    server.createContext("/", exchange -> {
      try (exchange) {
        WebServer.answer(exchange, 200, content.getBytes(StandardCharsets.UTF_8));
      }
    });
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  String url() {
    return "https://localhost:" + port() + "/file";
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
