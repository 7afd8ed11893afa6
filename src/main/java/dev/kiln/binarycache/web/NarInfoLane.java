package dev.kiln.binarycache.web;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

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

  private final NarInfoTexts texts;
  private final LaneProblems problems;
  private final byte[] cacheInfo;

  NarInfoLane(NarInfoTexts texts, LaneProblems problems, BinaryCacheProperties properties) {
    this.texts = texts;
    this.problems = problems;
    this.cacheInfo = BinaryCacheController.cacheInfo(1, properties.priority()).getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public boolean answer(String path, Request request, Response response, Callback callback) throws IOException {
    if (path.equals(CACHE_INFO)) {
      LaneProblems.send(request, response, CACHE_INFO_TYPE, ByteBuffer.wrap(cacheInfo), callback);
      return true;
    }
    StorePathHash hash = hash(path);
    return hash != null && answer(hash, path, request, response, callback);
  }

  private boolean answer(StorePathHash hash, String path, Request request, Response response, Callback callback)
      throws IOException {
    try {
      LaneProblems.send(request, response, NARINFO_TYPE, texts.find(hash).asByteBuffer(), callback);
      return true;
    } catch (UnknownHash e) {
      if (!LaneProblems.takesAny(request)) {
        return false;
      }
      problems.send(BinaryCacheAdvice.on(e), path, request, response, callback);
      return true;
    }
  }

  /** @return the hash of the path whose narinfo {@code path} is; null if it is none's */
  static @Nullable StorePathHash hash(String path) {
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
