package dev.kiln.binarycache.web;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

import dev.kiln.binarycache.BinaryCacheException.UnknownHash;
import dev.kiln.binarycache.BinaryCacheProperties;
import dev.kiln.binarycache.NarInfoTexts;
import dev.kiln.server.FastLane;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.StorePathHash;

/** What clients ask before all else, by the thousand: {@code /nix-cache-info} and {@code /<hash>.narinfo}. */
@Component
class NarInfoLane implements FastLane {

  private static final String CACHE_INFO = "/nix-cache-info";
  private static final String SUFFIX = ".narinfo";

  private static final HttpField CACHE_INFO_TYPE = type(BinaryCacheController.CACHE_INFO.toString());
  private static final HttpField NARINFO_TYPE = type(NarInfoResponse.CONTENT_TYPE);
  private static final HttpField PROBLEM_TYPE = type(MediaType.APPLICATION_PROBLEM_JSON_VALUE);

  private final NarInfoTexts texts;
  private final JsonMapper json;
  private final byte[] cacheInfo;

  NarInfoLane(NarInfoTexts texts, JsonMapper json, BinaryCacheProperties properties) {
    this.texts = texts;
    this.json = json;
    this.cacheInfo = BinaryCacheController.cacheInfo(1, properties.priority()).getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public boolean answer(String path, Request request, Response response, Callback callback) throws IOException {
    if (path.equals(CACHE_INFO)) {
      send(request, response, CACHE_INFO_TYPE, ByteBuffer.wrap(cacheInfo), callback);
      return true;
    }
    StorePathHash hash = hash(path);
    return hash != null && answer(hash, path, request, response, callback);
  }

  private boolean answer(StorePathHash hash, String path, Request request, Response response, Callback callback)
      throws IOException {
    try {
      send(request, response, NARINFO_TYPE, texts.find(hash).asByteBuffer(), callback);
      return true;
    } catch (UnknownHash e) {
      // what else than JSON a client might want of a problem, the controllers find out
      String accept = request.getHeaders().get(HttpHeader.ACCEPT);
      if (accept != null && !accept.equals(MediaType.ALL_VALUE)) {
        return false;
      }
      ProblemDetail problem = BinaryCacheAdvice.on(e);
      problem.setInstance(URI.create(path));
      response.setStatus(problem.getStatus());
      send(request, response, PROBLEM_TYPE, ByteBuffer.wrap(json.writeValueAsBytes(problem)), callback);
      return true;
    }
  }

  private static void send(Request request, Response response, HttpField type, ByteBuffer body, Callback callback) {
    response.getHeaders().put(type);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.remaining());
    if (HttpMethod.HEAD.is(request.getMethod())) {
      callback.succeeded();
    } else {
      response.write(true, body, callback);
    }
  }

  private static @Nullable StorePathHash hash(String path) {
    if (path.length() != 1 + StorePathHash.DIGITS + SUFFIX.length() || !path.endsWith(SUFFIX)) {
      return null;
    }
    try {
      return StorePathHash.parse(path.substring(1, 1 + StorePathHash.DIGITS));
    } catch (InvalidStorePath _) {
      return null;
    }
  }

  private static HttpField type(String type) {
    return new PreEncodedHttpField(HttpHeader.CONTENT_TYPE, type);
  }
}
