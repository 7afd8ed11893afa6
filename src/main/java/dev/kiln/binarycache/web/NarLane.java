package dev.kiln.binarycache.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

import dev.kiln.binarycache.BinaryCache;
import dev.kiln.binarycache.BinaryCache.FoundNar;
import dev.kiln.binarycache.BinaryCacheException;
import dev.kiln.binarycache.ReadCacheProperties;
import dev.kiln.bytes.ByteString;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.InvalidHash;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.PreparedNar;
import dev.kiln.server.FastLane;

/** {@code GET /nar/<hash>.nar}: small NARs from memory, others from their files to the socket. */
@Component
class NarLane implements FastLane {

  private static final Logger log = LoggerFactory.getLogger(NarLane.class);

  private static final String DIRECTORY = "/nar/";
  private static final String SUFFIX = ".nar";
  private static final int DIGITS = 52;

  /** The largest NAR that is kept in memory, in bytes. */
  private static final int MAX_KEPT = 64 << 10;
  /** What an entry takes beside the NAR, in bytes. */
  private static final int OVERHEAD = 200;
  /** The largest that the server pools, in bytes. */
  private static final int BUFFER = 64 << 10;

  private static final HttpField TYPE = new PreEncodedHttpField(HttpHeader.CONTENT_TYPE, NarController.CONTENT_TYPE);
  private static final HttpField IMMUTABLE = new PreEncodedHttpField(HttpHeader.CACHE_CONTROL, NarController.IMMUTABLE);
  private static final HttpField RANGES = new PreEncodedHttpField(HttpHeader.ACCEPT_RANGES, "bytes");

  private final BinaryCache cache;
  private final Cache<NixHash, ByteString> small;
  private final SendBuffers buffers = new SendBuffers();

  NarLane(BinaryCache cache, ReadCacheProperties properties) {
    this.cache = cache;
    this.small = Caffeine.newBuilder().maximumWeight(properties.narMemory().toBytes())
        .<NixHash, ByteString>weigher((_, nar) -> nar.length() + OVERHEAD).expireAfterWrite(properties.maxStale())
        .build();
  }

  @Override
  public boolean takes(HttpMethod method) {
    return method == HttpMethod.GET;
  }

  @Override
  public boolean answer(String path, Request request, Response response, Callback callback) throws IOException {
    NixHash hash = hash(path);
    if (hash == null) {
      return false;
    }
    ByteString kept = small.getIfPresent(hash);
    FoundNar found = null;
    if (kept == null) {
      try {
        found = cache.findNar(hash);
      } catch (BinaryCacheException _) {
        // the controllers say why
        return false;
      }
      kept = found.path().narSize() <= MAX_KEPT ? keep(hash, found) : null;
    }
    if (kept != null) {
      send(kept, begin(hash, kept.length(), request, response), response, callback);
    } else if (found != null) {
      stream(found.nar(), begin(hash, found.path().narSize(), request, response), request, response, callback);
    }
    return true;
  }

  private ByteString keep(NixHash hash, FoundNar found) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream((int) found.path().narSize());
    found.nar().write(bytes);
    ByteString nar = ByteString.owning(bytes.toByteArray());
    small.put(hash, nar);
    return nar;
  }

  private static NarRange begin(NixHash hash, long size, Request request, Response response) {
    String tag = '"' + hash.base32() + '"';
    HttpFields asked = request.getHeaders();
    NarRange range = NarRange.of(asked.get(HttpHeader.RANGE), asked.get(HttpHeader.IF_RANGE), tag, size);
    HttpFields.Mutable headers = response.getHeaders();
    headers.put(TYPE).put(HttpHeader.ETAG, tag).put(IMMUTABLE).put(RANGES);
    if (range.part()) {
      response.setStatus(range.exists() ? HttpStatus.PARTIAL_CONTENT_206 : HttpStatus.RANGE_NOT_SATISFIABLE_416);
      headers.put(HttpHeader.CONTENT_RANGE, range.header());
    }
    headers.put(HttpHeader.CONTENT_LENGTH, range.exists() ? range.length() : 0);
    return range;
  }

  private static void send(ByteString nar, NarRange range, Response response, Callback callback) {
    ByteBuffer bytes = range.exists()
        ? nar.asByteBuffer().slice((int) range.from(), (int) range.length())
        : ByteBuffer.allocate(0);
    response.write(true, bytes, callback);
  }

  private void stream(PreparedNar nar, NarRange range, Request request, Response response, Callback callback)
      throws IOException {
    if (range.exists()) {
      ByteBuffer buffer = range.length() > BUFFER ? buffers.take() : null;
      if (buffer == null) {
        streamPooled(nar, range, request, response);
      } else {
        try {
          stream(nar, range, buffer, response);
        } finally {
          buffers.giveBack(buffer);
        }
      }
    }
    callback.succeeded();
  }

  private static void streamPooled(PreparedNar nar, NarRange range, Request request, Response response)
      throws IOException {
    RetainableByteBuffer buffer = request.getComponents().getByteBufferPool().acquire(BUFFER, true);
    try {
      stream(nar, range, buffer.getByteBuffer().clear(), response);
    } finally {
      buffer.release();
    }
  }

  private static void stream(PreparedNar nar, NarRange range, ByteBuffer buffer, Response response)
      throws IOException {
    try {
      nar.write(range.from(), range.to(), buffer, bytes -> Content.Sink.write(response, false, bytes));
    } catch (EofException e) {
      // the client is gone
      throw e;
    } catch (IOException e) {
      log.warn("an answer was broken off", e);
      throw e;
    }
  }

  private static @Nullable NixHash hash(String path) {
    int start = path.startsWith(BinaryCacheController.ON_DEMAND) ? BinaryCacheController.ON_DEMAND.length() : 0;
    int digits = start + DIRECTORY.length();
    if (path.length() != digits + DIGITS + SUFFIX.length() || !path.startsWith(DIRECTORY, start)
        || !path.endsWith(SUFFIX)) {
      return null;
    }
    try {
      return NixHash.parse(path.substring(digits, digits + DIGITS), HashAlgorithm.SHA256);
    } catch (InvalidHash _) {
      return null;
    }
  }
}
