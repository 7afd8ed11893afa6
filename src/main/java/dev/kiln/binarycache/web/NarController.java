package dev.kiln.binarycache.web;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

import io.swagger.v3.oas.annotations.Hidden;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.binarycache.BinaryCache;
import dev.kiln.binarycache.BinaryCache.FoundNar;
import dev.kiln.binarycache.BinaryCache.SentNar;
import dev.kiln.binarycache.BinaryCacheException.UnknownNar;
import dev.kiln.binarycache.NarFileName;
import dev.kiln.compression.Compression;
import dev.kiln.compression.Compressors;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;

/** NARs, made of castore while they are sent. Named by the hash of the NAR, whatever their compression. */
@RestController
@Tag(name = "Binary cache")
class NarController {

  /** 52 digits of nixbase32. */
  static final String NAR = "/nar/{narHash:[0-9a-df-np-sv-z]{52}}.nar";
  /** Of a NAR as its client named it: any other name is nothing here. */
  static final String FILE = "/nar/{file:[0-9a-df-np-sv-z]{52}\\.nar.*}";
  static final String CONTENT_TYPE = "application/x-nix-nar";
  static final String IMMUTABLE = "public, max-age=31536000, immutable";

  private final BinaryCache cache;

  NarController(BinaryCache cache) {
    this.cache = cache;
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
    Optional<FoundNar> found = find(narHash);
    if (found.isEmpty()) {
      asSent(narHash + ".nar", method, response);
      return;
    }
    FoundNar nar = found.get();
    String tag = '"' + narHash + '"';
    begin(response, tag);
    response.setHeader(HttpHeaders.ACCEPT_RANGES, "bytes");
    NarRange asked = NarRange.of(method.equals(HttpMethod.HEAD) ? null : range, ifRange, tag,
        nar.path().narSize());
    if (asked.part()) {
      response.setStatus(asked.exists()
          ? HttpStatus.PARTIAL_CONTENT.value()
          : HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE.value());
      response.setHeader(HttpHeaders.CONTENT_RANGE, asked.header());
    }
    if (asked.exists()) {
      response.setContentLengthLong(asked.length());
      if (!method.equals(HttpMethod.HEAD)) {
        nar.nar().write(asked.from(), asked.to(), response.getOutputStream());
      }
    }
  }

  @GetMapping({NAR + ".zst", BinaryCacheController.ON_DEMAND + NAR + ".zst"})
  @Operation(summary = "Fetch a NAR, compressed by zstd while it is sent")
  void zstd(@PathVariable String narHash, HttpMethod method, HttpServletResponse response) throws IOException {
    compressed(narHash, Compression.ZSTD, method, response);
  }

  @GetMapping({NAR + ".xz", BinaryCacheController.ON_DEMAND + NAR + ".xz"})
  @Operation(summary = "Fetch a NAR, compressed by xz while it is sent")
  void xz(@PathVariable String narHash, HttpMethod method, HttpServletResponse response) throws IOException {
    compressed(narHash, Compression.XZ, method, response);
  }

  /**
   * A NAR by the name that its client gave it, which is that of the compressed file: clients remember the narinfos that they sent,
   * and so ask for what is kept in no such file. They check the NAR, not the file.
   */
  @Hidden
  @GetMapping({FILE, BinaryCacheController.ON_DEMAND + FILE})
  void asSent(@PathVariable String file, HttpMethod method, HttpServletResponse response) throws IOException {
    SentNar sent = cache.findSent(NarFileName.parse(file));
    send(sent.found(), sent.compression(), file, method, response);
  }

  private void compressed(String narHash, Compression compression, HttpMethod method, HttpServletResponse response)
      throws IOException {
    String name = narHash + ".nar" + compression.suffix();
    Optional<FoundNar> found = find(narHash);
    if (found.isPresent()) {
      send(found.get(), compression, name, method, response);
    } else {
      asSent(name, method, response);
    }
  }

  /** Of unknown length, and without ranges: nothing is kept that could tell where to go on. */
  private static void send(FoundNar found, Compression compression, String name, HttpMethod method,
      HttpServletResponse response) throws IOException {
    begin(response, '"' + name + '"');
    if (method.equals(HttpMethod.HEAD)) {
      return;
    }
    OutputStream out = Compressors.open(compression, response.getOutputStream());
    found.nar().write(out);
    // after an error it stays open: an end that looks well must not be written
    out.close();
  }

  private Optional<FoundNar> find(String narHash) throws IOException {
    try {
      return Optional.of(cache.findNar(NixHash.parse(narHash, HashAlgorithm.SHA256)));
    } catch (UnknownNar _) {
      return Optional.empty();
    }
  }

  private static void begin(HttpServletResponse response, String tag) {
    response.setContentType(CONTENT_TYPE);
    response.setHeader(HttpHeaders.ETAG, tag);
    response.setHeader(HttpHeaders.CACHE_CONTROL, IMMUTABLE);
  }
}
