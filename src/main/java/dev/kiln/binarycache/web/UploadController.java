package dev.kiln.binarycache.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.binarycache.CachedRealisations;
import dev.kiln.binarycache.LogReceiver;
import dev.kiln.binarycache.NarFileName;
import dev.kiln.binarycache.NarInfo;
import dev.kiln.binarycache.NarReceiver;
import dev.kiln.binarycache.PathReceiver;
import dev.kiln.binarycache.UploadBody;
import dev.kiln.binarycache.UploadException;
import dev.kiln.binarycache.UploadException.Malformed;
import dev.kiln.binarycache.UploadException.Mismatch;
import dev.kiln.binarycache.UploadException.TooLarge;
import dev.kiln.binarycache.UploadException.Unsupported;
import dev.kiln.binarycache.UploadProperties;
import dev.kiln.problem.Problems;
import dev.kiln.realisation.InvalidRealisation;
import dev.kiln.realisation.OutputId;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** What {@code nix copy --to} sends: NARs first, then the narinfo that makes a path of each. */
@RestController
@Tag(name = "Binary cache", description = "What a stock Nix client pulls from and pushes to")
class UploadController {

  private static final Logger log = LoggerFactory.getLogger(UploadController.class);

  /** Room for some ten thousand dependencies. */
  private static final int MAX_REALISATION = 2 << 20;
  private static final int MAX_CACHE_INFO = 64 << 10;
  private static final long MAX_LISTING = 1L << 30;
  /** How much is read from a client, and how long, that is still sending what is refused already. */
  private static final long DRAINED = 1L << 30;
  private static final Duration DRAINING = Duration.ofSeconds(20);

  private interface Receiver<T> {
    T receive(UploadBody body) throws IOException;
  }

  private final NarReceiver nars;
  private final PathReceiver paths;
  private final LogReceiver logs;
  private final UploadProperties properties;
  private final CachedRealisations realisations;

  UploadController(NarReceiver nars, PathReceiver paths, LogReceiver logs, UploadProperties properties,
      CachedRealisations realisations) {
    this.realisations = realisations;
    this.nars = nars;
    this.paths = paths;
    this.logs = logs;
    this.properties = properties;
  }

  @PutMapping(NarController.FILE)
  @Operation(summary = "Send a NAR, before the narinfo of its path", description = "It is named by the SHA-256 of the file as it is sent, and is visible to nobody until a narinfo that fits it comes.")
  @ApiResponse(responseCode = "201", description = "It is kept for the narinfo")
  @ApiResponse(responseCode = "422", description = "It has another hash, or is no NAR as Nix writes it")
  ResponseEntity<Void> nar(@PathVariable String file, HttpServletRequest request) throws IOException {
    NarFileName name = NarFileName.parse(file);
    receive(request, "the NAR's file", properties.maxNarSize().toBytes(), body -> nars.receive(name, body));
    return ResponseEntity.status(HttpStatus.CREATED).build();
  }

  @PutMapping("/" + BinaryCacheController.HASH + ".narinfo")
  @Operation(summary = "Make a path of a NAR that was sent before")
  @ApiResponse(responseCode = "200", description = "It was here before; signatures that are new were added")
  @ApiResponse(responseCode = "201", description = "It is here now")
  @ApiResponse(responseCode = "409", description = "It is here with other content")
  @ApiResponse(responseCode = "422", description = "It does not fit the NAR, or refers to paths that are not here")
  ResponseEntity<Void> narInfo(@PathVariable String hash, HttpServletRequest request) throws IOException {
    StorePathHash parsed = pathHash(hash);
    NarInfo info = NarInfo.parse(bounded(request, "the narinfo", NarInfo.MAX_LENGTH));
    boolean fresh = paths.receive(parsed, info);
    return ResponseEntity.status(fresh ? HttpStatus.CREATED : HttpStatus.OK).build();
  }

  @PutMapping("/nix-cache-info")
  @Operation(summary = "Agree on the store directory", description = "Kiln keeps its own nix-cache-info; another store directory is refused.")
  ResponseEntity<Void> cacheInfo(HttpServletRequest request) throws IOException {
    byte[] text = bounded(request, "nix-cache-info", MAX_CACHE_INFO);
    new String(text, StandardCharsets.UTF_8).lines().filter(line -> line.startsWith("StoreDir:"))
        .map(line -> line.substring("StoreDir:".length()).strip())
        .filter(directory -> !directory.equals(StorePath.STORE_DIR)).findFirst().ifPresent(directory -> {
          throw new Mismatch("StoreDir is '" + directory + "', but this is a cache of '" + StorePath.STORE_DIR + "'");
        });
    return ResponseEntity.noContent().build();
  }

  @PutMapping("/" + BinaryCacheController.HASH + ".ls")
  @Operation(summary = "Send a NAR's listing", description = "Kiln makes its own from the NAR and does not keep this one.")
  ResponseEntity<Void> listing(@PathVariable String hash, HttpServletRequest request) throws IOException {
    pathHash(hash);
    receive(request, "the listing", MAX_LISTING, body -> {
      body.drain(Duration.ofMinutes(5), MAX_LISTING);
      return body;
    });
    return ResponseEntity.noContent().build();
  }

  @PutMapping("/log/{derivation}")
  @Operation(summary = "Send the log of a build that ran elsewhere")
  ResponseEntity<Void> log(@PathVariable String derivation, HttpServletRequest request) throws IOException {
    StorePath path = path(BinaryCacheController.withQuery(derivation, request));
    if (!path.isDerivation()) {
      throw new Malformed("'" + path + "' is no derivation: a log is kept by the derivation that was built");
    }
    receive(request, "the log", properties.maxLog().toBytes(), body -> {
      logs.receive(path, body);
      return body;
    });
    return ResponseEntity.status(HttpStatus.CREATED).build();
  }

  @PutMapping(RealisationController.REALISATION)
  @Operation(summary = "Tell the path that an output of a derivation came to have", description = "The path, and the realisations that this one depends on, are sent before.")
  @ApiResponse(responseCode = "200", description = "It was known before; signatures that are new were added")
  @ApiResponse(responseCode = "201", description = "It is known now")
  @ApiResponse(responseCode = "409", description = "The output has another path here")
  @ApiResponse(responseCode = "422", description = "The path, or what it depends on, is not here; or a derivation says otherwise")
  @ApiResponse(responseCode = "501", description = "kiln.features.ca-derivations is off")
  ResponseEntity<Void> realisation(@PathVariable String realisation, HttpServletRequest request) throws IOException {
    OutputId id = outputId(realisation);
    byte[] json = bounded(request, "the realisation", MAX_REALISATION);
    return ResponseEntity.status(realisations.receive(id, json) ? HttpStatus.CREATED : HttpStatus.OK).build();
  }

  @PutMapping("/debuginfo/{name}")
  @Operation(summary = "Not supported: indices of debug information are not kept")
  ResponseEntity<Void> unsupported(@PathVariable String name) {
    throw new Unsupported("'" + name + "' cannot be kept: this Kiln does not support index-debug-info");
  }

  /** Reads a body. A client that is still sending may never see why it was refused: what comes is read, for a while. */
  private <T> T receive(HttpServletRequest request, String what, long limit, Receiver<T> receiver) throws IOException {
    boolean tooLarge = request.getContentLengthLong() > limit;
    if (tooLarge && asksFirst(request)) {
      // to look at the body would tell the client to send it
      throw tooLarge(what, limit);
    }
    UploadBody body = new UploadBody(request.getInputStream(), properties);
    boolean received = false;
    try {
      if (tooLarge) {
        throw tooLarge(what, limit);
      }
      T result = receiver.receive(body);
      received = true;
      return result;
    } finally {
      if (!received) {
        body.drain(DRAINING, DRAINED);
      }
    }
  }

  private static boolean asksFirst(HttpServletRequest request) {
    return "100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT));
  }

  private byte[] bounded(HttpServletRequest request, String what, int limit) throws IOException {
    return receive(request, what, limit, body -> {
      byte[] text;
      try {
        text = body.readNBytes(limit + 1);
      } catch (IOException e) {
        throw new UploadException.BrokenOff(what + " ended early: " + e.getMessage());
      }
      if (text.length > limit) {
        throw tooLarge(what, limit);
      }
      return text;
    });
  }

  private static TooLarge tooLarge(String what, long limit) {
    return new TooLarge(what + " is larger than " + limit + " bytes");
  }

  private static StorePathHash pathHash(String text) {
    try {
      return StorePathHash.parse(text);
    } catch (InvalidStorePath e) {
      throw new Malformed(String.valueOf(e.getMessage()));
    }
  }

  private static OutputId outputId(String text) {
    try {
      return OutputId.parse(text);
    } catch (InvalidRealisation e) {
      throw new Malformed(String.valueOf(e.getMessage()));
    }
  }

  private static StorePath path(String baseName) {
    try {
      return StorePath.parseBaseName(baseName);
    } catch (InvalidStorePath e) {
      throw new Malformed(String.valueOf(e.getMessage()));
    }
  }

  /** Kiln's own failure. A 500 would make the client send the request again without its body. */
  @ExceptionHandler({IOException.class, UncheckedIOException.class, DataAccessException.class})
  ProblemDetail on(Exception e) {
    log.error("an upload failed", e);
    return Problems.problem(HttpStatus.NOT_IMPLEMENTED, "internal", "Kiln could not keep it; its log says why");
  }
}
