package dev.kiln.harness;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Speaks HTTP with a Kiln, wherever it runs. */
public final class KilnClient implements AutoCloseable {

  public static final String TAR = "application/x-tar";
  public static final String NAR = "application/x-nix-nar";

  private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ObjectMapper json = new ObjectMapper();
  private final URI base;

  public KilnClient(URI base) {
    this.base = base;
  }

  /** @param target an absolute path, encoded, with its query */
  public HttpResponse<String> get(String target, String... headers) throws IOException {
    return send(request(target, headers), BodyHandlers.ofString());
  }

  /** Returns when the headers are here. The caller closes the body. */
  public HttpResponse<InputStream> open(String target) throws IOException {
    return send(request(target), BodyHandlers.ofInputStream());
  }

  /** @return the body of an answer that must be 200 */
  public JsonNode json(String target) throws IOException {
    HttpResponse<String> response = get(target);
    if (response.statusCode() != 200)
      throw new AssertionError(target + " is answered with " + response.statusCode() + ": " + response.body());
    return parse(response.body());
  }

  public JsonNode parse(String body) {
    return json.readTree(body);
  }

  public HttpResponse<String> put(String target, String contentType, byte[] body) throws IOException {
    return send(request(target, "Content-Type", contentType).PUT(BodyPublishers.ofByteArray(body)),
        BodyHandlers.ofString());
  }

  public HttpResponse<String> post(String target, String contentType, byte[] body) throws IOException {
    return send(request(target, "Content-Type", contentType).POST(BodyPublishers.ofByteArray(body)),
        BodyHandlers.ofString());
  }

  public HttpResponse<String> delete(String target) throws IOException {
    return send(request(target).DELETE(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String target, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(target));
    return headers.length == 0 ? request : request.headers(headers);
  }

  private <T> HttpResponse<T> send(HttpRequest.Builder request, BodyHandler<T> body) throws IOException {
    try {
      return http.send(request.build(), body);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
