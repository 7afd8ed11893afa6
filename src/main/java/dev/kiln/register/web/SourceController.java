package dev.kiln.register.web;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.web.PathInfoView;
import dev.kiln.register.SourceImporter;
import dev.kiln.storepath.StorePathName;

/** Sources: what derivations are built from and is not built itself. */
@RestController
@RequestMapping("/api/v1/sources")
@Tag(name = "Sources", description = "What derivations are built from and is not built itself")
class SourceController {

  private static final String TAR = "application/x-tar";
  private static final String NAR = "application/x-nix-nar";

  private final SourceImporter importer;

  SourceController(SourceImporter importer) {
    this.importer = importer;
  }

  @PutMapping(path = "/{name}", consumes = TAR)
  @Operation(summary = "Import a file, tar or NAR as a source", description = """
      A file (application/octet-stream), a tar (application/x-tar, whose top is the tree's root) or a NAR (application/x-nix-nar). The
      answer names the store path, which is the one that `nix-store --add` gives. To import the same again changes nothing.""")
  @ApiResponse(responseCode = "201", description = "It is here; see path")
  @ApiResponse(responseCode = "413", description = "It is larger than this Kiln takes")
  @ApiResponse(responseCode = "422", description = "It is not what its content type says")
  ResponseEntity<PathInfoView> tar(
      @Parameter(description = "What follows the hash in the store path", example = "hello-src") @PathVariable String name,
      @io.swagger.v3.oas.annotations.parameters.RequestBody(content = @Content(mediaType = TAR, schema = @Schema(type = "string", format = "binary"))) InputStream body)
      throws IOException {
    return created(importer.tar(new StorePathName(name), body));
  }

  @PutMapping(path = "/{name}", consumes = NAR)
  @Operation(summary = "Import a file, tar or NAR as a source")
  ResponseEntity<PathInfoView> nar(@PathVariable String name,
      @io.swagger.v3.oas.annotations.parameters.RequestBody(content = @Content(mediaType = NAR, schema = @Schema(type = "string", format = "binary"))) InputStream body)
      throws IOException {
    return created(importer.nar(new StorePathName(name), body));
  }

  @PutMapping(path = "/{name}", consumes = MediaType.APPLICATION_OCTET_STREAM_VALUE)
  @Operation(summary = "Import a file, tar or NAR as a source")
  ResponseEntity<PathInfoView> file(@PathVariable String name,
      @Parameter(description = "Whether the file may be executed") @RequestParam(defaultValue = "false") boolean executable,
      @io.swagger.v3.oas.annotations.parameters.RequestBody(content = @Content(mediaType = MediaType.APPLICATION_OCTET_STREAM_VALUE, schema = @Schema(type = "string", format = "binary"))) InputStream body)
      throws IOException {
    return created(importer.file(new StorePathName(name), executable, body));
  }

  private static ResponseEntity<PathInfoView> created(PathInfo info) {
    return ResponseEntity.created(URI.create("/api/v1/paths/" + info.path().baseName().replace("?", "%3F")))
        .body(PathInfoView.of(info));
  }
}
