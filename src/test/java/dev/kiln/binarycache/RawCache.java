package dev.kiln.binarycache;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/** A client of the binary cache that says what it likes. */
final class RawCache implements AutoCloseable {

  private final HttpClient client = HttpClient.newHttpClient();
  private final int port;

  RawCache(int port) {
    this.port = port;
  }

  HttpResponse<String> put(String target, byte[] body) throws IOException {
    return send(HttpRequest.newBuilder(uri(target)).PUT(BodyPublishers.ofByteArray(body)).build());
  }

  HttpResponse<String> get(String target) throws IOException {
    return send(HttpRequest.newBuilder(uri(target)).build());
  }

  int head(String target) throws IOException {
    return send(HttpRequest.newBuilder(uri(target)).HEAD().build()).statusCode();
  }

  private HttpResponse<String> send(HttpRequest request) throws IOException {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private URI uri(String target) {
    return URI.create("http://127.0.0.1:" + port + target);
  }

  @Override
  public void close() {
    client.close();
  }
}
