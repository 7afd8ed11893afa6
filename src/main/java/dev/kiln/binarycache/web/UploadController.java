package dev.kiln.binarycache.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
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
import dev.kiln.binarycache.UploadException.Malformed;
import dev.kiln.binarycache.UploadException.Mismatch;
import dev.kiln.binarycache.UploadException.Unsupported;
import dev.kiln.binarycache.UploadProperties;
import dev.kiln.realisation.InvalidRealisation;
import dev.kiln.realisation.OutputId;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** What {@code nix copy --to} sends: NARs first, then the narinfo that makes a path of each. */
@RestController
@Tag(name = "Binary cache", description = "What a stock Nix client pulls from and pushes to")
class UploadController {

  /** Room for some ten thousand dependencies. */
  private static final int MAX_REALISATION = 2 << 20;
  private static final int MAX_CACHE_INFO = 64 << 10;
  private static final long MAX_LISTING = 1L << 30;
  private final Uploads uploads;
  private final LogReceiver logs;
  private final UploadProperties properties;
  private final CachedRealisations realisations;

  UploadController(Uploads uploads, LogReceiver logs, UploadProperties properties,
      CachedRealisations realisations) {
    this.realisations = realisations;
    this.uploads = uploads;
    this.logs = logs;
    this.properties = properties;
  }

  @PutMapping(NarController.FILE)
  @Operation(summary = "Send a NAR, before the narinfo of its path", description = "It is named by the SHA-256 of the file as it is sent, and is visible to nobody until a narinfo that fits it comes.")
  @ApiResponse(responseCode = "201", description = "It is kept for the narinfo")
  @ApiResponse(responseCode = "422", description = "It has another hash, or is no NAR as Nix writes it")
  ResponseEntity<Void> nar(@PathVariable String file, HttpServletRequest request) throws IOException {
    uploads.nar(NarFileName.parse(file), new ServletUpload(request));
    return ResponseEntity.status(HttpStatus.CREATED).build();
  }

  @PutMapping("/" + BinaryCacheController.HASH + ".narinfo")
  @Operation(summary = "Make a path of a NAR that was sent before")
  @ApiResponse(responseCode = "200", description = "It was here before; signatures that are new were added")
  @ApiResponse(responseCode = "201", description = "It is here now")
  @ApiResponse(responseCode = "409", description = "It is here with other content")
  @ApiResponse(responseCode = "422", description = "It does not fit the NAR, or refers to paths that are not here")
  ResponseEntity<Void> narInfo(@PathVariable String hash, HttpServletRequest request) throws IOException {
    boolean fresh = uploads.narInfo(pathHash(hash), new ServletUpload(request));
    return ResponseEntity.status(fresh ? HttpStatus.CREATED : HttpStatus.OK).build();
  }

  @PutMapping("/nix-cache-info")
  @Operation(summary = "Agree on the store directory", description = "Kiln keeps its own nix-cache-info; another store directory is refused.")
  ResponseEntity<Void> cacheInfo(HttpServletRequest request) throws IOException {
    byte[] text = uploads.bounded(new ServletUpload(request), "nix-cache-info", MAX_CACHE_INFO);
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
    uploads.receive(new ServletUpload(request), "the listing", MAX_LISTING, body -> {
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
    uploads.receive(new ServletUpload(request), "the log", properties.maxLog().toBytes(), body -> {
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
    byte[] json = uploads.bounded(new ServletUpload(request), "the realisation", MAX_REALISATION);
    return ResponseEntity.status(realisations.receive(id, json) ? HttpStatus.CREATED : HttpStatus.OK).build();
  }

  @PutMapping("/debuginfo/{name}")
  @Operation(summary = "Not supported: indices of debug information are not kept")
  ResponseEntity<Void> unsupported(@PathVariable String name) {
    throw new Unsupported("'" + name + "' cannot be kept: this Kiln does not support index-debug-info");
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

  @ExceptionHandler({IOException.class, UncheckedIOException.class, DataAccessException.class})
  ProblemDetail on(Exception e) {
    return Uploads.failed(e);
  }

  private record ServletUpload(HttpServletRequest request) implements Uploads.Incoming {

    @Override
    public long length() {
      return request.getContentLengthLong();
    }

    @Override
    public boolean asksFirst() {
      return "100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT));
    }

    @Override
    public InputStream body() throws IOException {
      return request.getInputStream();
    }
  }
}
