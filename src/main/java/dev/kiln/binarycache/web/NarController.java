package dev.kiln.binarycache.web;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpRange;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.binarycache.BinaryCache;
import dev.kiln.binarycache.NarForm;
import dev.kiln.castore.Castore;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.NarWriter;
import dev.kiln.pathinfo.PathInfo;

/** NARs, made of castore while they are sent. Named by the hash of the NAR, whatever their compression. */
@RestController
@Tag(name = "Binary cache")
class NarController {

  /** 52 digits of nixbase32. */
  static final String NAR = "/nar/{narHash:[0-9a-df-np-sv-z]{52}}.nar";
  /** Of a NAR as its client named it: any other name is nothing here. */
  static final String FILE = "/nar/{file:[0-9a-df-np-sv-z]{52}\\.nar.*}";
  private static final String CONTENT_TYPE = "application/x-nix-nar";

  private final BinaryCache cache;
  private final NarWriter nars;

  NarController(BinaryCache cache, Castore castore) {
    this.cache = cache;
    this.nars = new NarWriter(castore);
  }

  @GetMapping({NAR, BinaryCacheController.ON_DEMAND + NAR})
  @Operation(summary = "Fetch a NAR")
  @ApiResponse(responseCode = "200", description = "The NAR")
  @ApiResponse(responseCode = "206", description = "The range of it that was asked for")
  @ApiResponse(responseCode = "404", description = "No path that is here has this NAR, or part of it is lost")
  @ApiResponse(responseCode = "416", description = "The range begins after the end")
  void plain(@PathVariable String narHash, HttpMethod method,
      @Parameter(hidden = true) @RequestHeader(name = HttpHeaders.RANGE, required = false) @Nullable String range,
      @Parameter(hidden = true) @RequestHeader(name = HttpHeaders.IF_RANGE, required = false) @Nullable String ifRange,
      HttpServletResponse response) throws IOException {
    PathInfo info = find(narHash);
    String tag = '"' + narHash + '"';
    begin(response, tag);
    response.setHeader(HttpHeaders.ACCEPT_RANGES, "bytes");
    long size = info.narSize();
    Optional<HttpRange> part = ifRange == null || ifRange.equals(tag) ? parse(range) : Optional.empty();
    boolean head = method.equals(HttpMethod.HEAD);
    if (part.isEmpty() || head) {
      response.setContentLengthLong(size);
      if (!head) {
        nars.write(info.root(), response.getOutputStream());
      }
      return;
    }
    long from = start(part.get(), size);
    if (from >= size) {
      response.setStatus(HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE.value());
      response.setHeader(HttpHeaders.CONTENT_RANGE, "bytes */" + size);
      return;
    }
    long to = part.get().getRangeEnd(size) + 1;
    response.setStatus(HttpStatus.PARTIAL_CONTENT.value());
    response.setHeader(HttpHeaders.CONTENT_RANGE, "bytes " + from + "-" + (to - 1) + "/" + size);
    response.setContentLengthLong(to - from);
    nars.write(info.root(), from, to, response.getOutputStream());
  }

  @GetMapping({NAR + ".zst", BinaryCacheController.ON_DEMAND + NAR + ".zst"})
  @Operation(summary = "Fetch a NAR, compressed by zstd while it is sent")
  void zstd(@PathVariable String narHash, HttpMethod method, HttpServletResponse response) throws IOException {
    compressed(narHash, NarForm.ZSTD, method, response);
  }

  @GetMapping({NAR + ".xz", BinaryCacheController.ON_DEMAND + NAR + ".xz"})
  @Operation(summary = "Fetch a NAR, compressed by xz while it is sent")
  void xz(@PathVariable String narHash, HttpMethod method, HttpServletResponse response) throws IOException {
    compressed(narHash, NarForm.XZ, method, response);
  }

  /** Of unknown length, and without ranges: nothing is kept that could tell where to go on. */
  private void compressed(String narHash, NarForm compression, HttpMethod method, HttpServletResponse response)
      throws IOException {
    PathInfo info = find(narHash);
    begin(response, '"' + narHash + compression.suffix() + '"');
    if (method.equals(HttpMethod.HEAD)) {
      return;
    }
    OutputStream out = compression.compress(response.getOutputStream());
    nars.write(info.root(), out);
    // after an error it stays open: an end that looks well must not be written
    out.close();
  }

  private PathInfo find(String narHash) throws IOException {
    return cache.findNar(NixHash.parse(narHash, HashAlgorithm.SHA256));
  }

  private static void begin(HttpServletResponse response, String tag) {
    response.setContentType(CONTENT_TYPE);
    response.setHeader(HttpHeaders.ETAG, tag);
    response.setHeader(HttpHeaders.CACHE_CONTROL, "public, max-age=31536000, immutable");
  }

  /** A range that is malformed, or more than one, is passed over (RFC 9110, 14.2). */
  private static Optional<HttpRange> parse(@Nullable String range) {
    try {
      List<HttpRange> ranges = HttpRange.parseRanges(range);
      return ranges.size() == 1 ? Optional.of(ranges.getFirst()) : Optional.empty();
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static long start(HttpRange range, long size) {
    return range.getRangeStart(size);
  }
}
