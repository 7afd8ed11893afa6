package dev.kiln.harness;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

import dev.kiln.derivation.KnownDerivation;

/** Talks to a Kiln as its clients do. */
public final class Client {

  private final URI base;

  public Client(int port) {
    this.base = URI.create("http://127.0.0.1:" + port);
  }

  public URI base() {
    return base;
  }

  /** @param headers names and values, by turns */
  public HttpResponse<String> get(String target, String... headers) {
    return send("GET", target, new byte[0], headers);
  }

  /** @param headers names and values, by turns */
  public HttpResponse<String> send(String method, String target, byte[] body, String... headers) {
    return send(method, target, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body), headers);
  }

  /** Sends a body without saying how long it is. */
  public HttpResponse<String> sendChunked(String method, String target, byte[] body) {
    return send(method, target, BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)));
  }

  private HttpResponse<String> send(String method, String target, BodyPublisher body, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(target)).method(method, body);
    if (headers.length > 0) {
      request.headers(headers);
    }
    // a connection each: a server that refuses early need not read the rest, and then closes
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(request.build(), BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Registers a derivation. */
  public void register(KnownDerivation... derivations) {
    for (KnownDerivation known : derivations) {
      HttpResponse<String> response = send("PUT", "/api/v1/derivations/" + known.path().baseName(),
          known.file().aterm().toByteArray(), "Content-Type", "text/x-nix-derivation");
      if (response.statusCode() / 100 != 2) {
        throw new AssertionError(response.body());
      }
    }
  }
}
