package dev.kiln.binarycache.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.binarycache.BinaryCache;
import dev.kiln.binarycache.BinaryCacheProperties;
import dev.kiln.binarycache.DerivationLogs;
import dev.kiln.binarycache.Signer;
import dev.kiln.build.StoredLog;
import dev.kiln.castore.Castore;
import dev.kiln.nar.NarListing;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** The cache of what is here (Nix: binary-cache-store.cc), but for the NARs themselves. */
@RestController
@Tag(name = "Binary cache", description = "The Nix binary cache protocol")
class BinaryCacheController {

  /** Where the cache that builds is: the same cache, but for its narinfos. */
  static final String ON_DEMAND = "/on-demand";
  /** 32 digits of nixbase32. */
  static final String HASH = "{hash:[0-9a-df-np-sv-z]{32}}";

  static final MediaType CACHE_INFO = MediaType.parseMediaType("text/x-nix-cache-info");
  private static final MediaType TEXT = new MediaType(MediaType.TEXT_PLAIN, StandardCharsets.UTF_8);

  private final BinaryCache cache;
  private final DerivationLogs logs;
  private final NarListing listing;
  private final Signer signer;
  private final int priority;

  BinaryCacheController(BinaryCache cache, DerivationLogs logs, Castore castore, Signer signer,
      BinaryCacheProperties properties) {
    this.cache = cache;
    this.logs = logs;
    this.listing = new NarListing(castore);
    this.signer = signer;
    this.priority = properties.priority();
  }

  @GetMapping("/nix-cache-info")
  @Operation(summary = "Tell what this cache is")
  ResponseEntity<String> cacheInfo() {
    return cacheInfo(1);
  }

  /** Here mere questions would build: nobody may ask for all that there might be. */
  @GetMapping(ON_DEMAND + "/nix-cache-info")
  @Operation(summary = "Tell what the cache that builds is")
  ResponseEntity<String> onDemandCacheInfo() {
    return cacheInfo(0);
  }

  private ResponseEntity<String> cacheInfo(int wantMassQuery) {
    return ResponseEntity.ok().contentType(CACHE_INFO).body(cacheInfo(wantMassQuery, priority));
  }

  static String cacheInfo(int wantMassQuery, int priority) {
    return "StoreDir: " + StorePath.STORE_DIR + "\nWantMassQuery: " + wantMassQuery + "\nPriority: " + priority + "\n";
  }

  @GetMapping("/api/v1/public-key")
  @Operation(summary = "Tell the key that verifies this Kiln's signatures", description = "For trusted-public-keys in nix.conf: <name>:<base64>")
  ResponseEntity<String> publicKey() {
    return ResponseEntity.ok().contentType(TEXT).body(signer.publicKey() + "\n");
  }

  @GetMapping("/" + HASH + ".narinfo")
  @Operation(summary = "Describe a path that is here")
  @ApiResponse(responseCode = "200", description = "The narinfo, with Kiln's signature")
  @ApiResponse(responseCode = "404", description = "The path is not here")
  void narInfo(@PathVariable String hash, HttpServletResponse response) throws IOException {
    NarInfoResponse.write(cache.describe(cache.find(StorePathHash.parse(hash))), response);
  }

  @GetMapping({"/" + HASH + ".ls", ON_DEMAND + "/" + HASH + ".ls"})
  @Operation(summary = "List a path that is here, with the place of each file in the NAR")
  @ApiResponse(responseCode = "200", description = "The listing, version 1")
  @ApiResponse(responseCode = "404", description = "The path is not here")
  void list(@PathVariable String hash, HttpMethod method, HttpServletResponse response) throws IOException {
    PathInfo info = cache.find(StorePathHash.parse(hash));
    response.setContentType(MediaType.APPLICATION_JSON_VALUE);
    if (!method.equals(HttpMethod.HEAD)) {
      listing.write(info.root(), response.getOutputStream());
    }
  }

  @GetMapping({"/log/{path}", ON_DEMAND + "/log/{path}"})
  @Operation(summary = "Read what the newest build of a derivation, or of an output's deriver, printed")
  @ApiResponse(responseCode = "200", description = "The log, maybe not yet whole")
  @ApiResponse(responseCode = "404", description = "There is no log")
  void log(@PathVariable String path, HttpMethod method, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    try (StoredLog log = logs.open(StorePath.parseBaseName(withQuery(path, request)))) {
      // it may grow meanwhile: what is there now is sent
      long size = log.size();
      response.setContentType(TEXT.toString());
      response.setHeader("X-Content-Type-Options", "nosniff");
      response.setContentLengthLong(size);
      if (!method.equals(HttpMethod.HEAD)) {
        log.stream(0, size).transferTo(response.getOutputStream());
      }
    }
  }

  /** Nix does not escape the '?' that a name may have. */
  static String withQuery(String name, HttpServletRequest request) {
    String query = request.getQueryString();
    return query == null ? name : name + "?" + query;
  }
}
