package dev.kiln.store.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.InputStreamResource;
import org.springframework.core.io.Resource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.ResponseEntity.BodyBuilder;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.castore.Directory;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.http.Accept;
import dev.kiln.store.Found;
import dev.kiln.store.Location;
import dev.kiln.store.StoreReader;
import dev.kiln.store.StoreReader.Links;
import dev.kiln.store.web.RangeRequest.Part;
import dev.kiln.store.web.RangeRequest.Parts;
import dev.kiln.store.web.RangeRequest.Unsatisfiable;
import dev.kiln.store.web.RangeRequest.Whole;

/** Files below store paths, built where they are not here. */
@RestController
@Tag(name = "Store", description = "Read any file of any path; what is not here is built")
class StoreController {

  static final String PREFIX = "/store/";
  private static final String STAT_PREFIX = "/api/v1/stat/";

  private final StoreReader reader;
  private final Patience patience;
  private final Dispositions dispositions;

  StoreController(StoreReader reader, Patience patience, Dispositions dispositions) {
    this.reader = reader;
    this.patience = patience;
    this.dispositions = dispositions;
  }

  @GetMapping(PREFIX + "**")
  @Operation(summary = "Read a file, or list a directory, at or below a store path", description = """
      Waits while the path is being built, as long as Prefer says, and at most as long as kiln.store.max-wait. Symbolic links are
      followed inside the store; Content-Location says where to. A file's answer has an ETag, and obeys Range and If-None-Match. A
      directory is listed in JSON, or in HTML where Accept prefers it.""")
  @ApiResponse(responseCode = "200", description = "The file's bytes, or the directory's entries", content = {
      @Content(mediaType = MediaType.APPLICATION_OCTET_STREAM_VALUE, schema = @Schema(type = "string", format = "binary")),
      @Content(mediaType = MediaType.APPLICATION_JSON_VALUE, schema = @Schema(implementation = ListingView.class)),
      @Content(mediaType = MediaType.TEXT_HTML_VALUE, schema = @Schema(type = "string"))})
  @ApiResponse(responseCode = "202", description = "It is being built: see Location", content = @Content)
  @ApiResponse(responseCode = "404", description = "Nobody has the path, or it has no such entry")
  @ApiResponse(responseCode = "416", description = "The file has no such range")
  @ApiResponse(responseCode = "424", description = "A build that it needs failed: see log; or sources that it needs are missing")
  @ApiResponse(responseCode = "501", description = "This Kiln cannot build what it needs")
  @ApiResponse(responseCode = "503", description = "It is still being built, or Kiln is stopping: ask again later")
  @ApiResponse(responseCode = "504", description = "A build that it needs took too long")
  @ApiResponse(responseCode = "508", description = "Its symbolic links lead round in a circle")
  ResponseEntity<?> read(HttpServletRequest request, HttpMethod method,
      @Parameter(description = "respond-async, or wait=<seconds> (RFC 7240): how long to wait for a build; abandon=cancel or abandon=continue: what becomes of it when nobody waits any more; priority=interactive, normal or background", schema = @Schema(type = "string")) @RequestHeader(name = "Prefer", required = false) @Nullable List<String> prefer,
      @Parameter(hidden = true) @RequestHeader(name = HttpHeaders.RANGE, required = false) @Nullable String range,
      @Parameter(hidden = true) @RequestHeader(name = HttpHeaders.IF_RANGE, required = false) @Nullable String ifRange,
      @Parameter(hidden = true) @RequestHeader(name = HttpHeaders.ACCEPT, required = false) @Nullable List<String> accept)
      throws IOException, InterruptedException {
    Location location = StoreUrl.parse(request.getRequestURI().substring(PREFIX.length()));
    return patience.read(prefer, until -> {
      Found found = reader.find(location, Links.FOLLOW, until);
      return switch (found.node()) {
        case FileNode file -> {
          BodyBuilder answer = ResponseEntity.ok();
          FileHeaders.ofFile(found, file, location, answer::header);
          dispositions.of(request.getRequestURI())
              .ifPresent(value -> answer.header(HttpHeaders.CONTENT_DISPOSITION, value));
          yield file(file, answer, method, range, ifRange);
        }
        case DirectoryNode directory -> directory(found, directory, location, accept == null ? List.of() : accept);
        case SymlinkNode _ -> throw new IllegalStateException("a link was not followed: " + found);
      };
    });
  }

  private ResponseEntity<?> file(FileNode file, BodyBuilder answer, HttpMethod method, @Nullable String range,
      @Nullable String ifRange) {
    if (method.equals(HttpMethod.HEAD)) {
      return answer.contentLength(file.size()).build();
    }
    Resource blob = new BlobResource(reader, file);
    return switch (RangeRequest.of(range, ifRange, FileHeaders.tag(file), file.size())) {
      // a plain stream is sent whole, whatever Range says; it is opened only if it is sent
      case Whole _ -> answer.contentLength(file.size()).body(new InputStreamResource(blob, blob.getDescription()));
      case Part _,Parts _ -> answer.body(blob);
      case Unsatisfiable _ -> throw new UnsatisfiableRange(String.valueOf(range), file.size());
    };
  }

  private ResponseEntity<?> directory(Found found, DirectoryNode node, Location asked, List<String> accept)
      throws IOException {
    Directory directory = reader.list(node);
    String variant = Accept.prefersHtml(accept) ? "html" : "json";
    BodyBuilder answer = ResponseEntity.ok().eTag('"' + node.digest().hex() + "-" + variant + '"')
        .varyBy(HttpHeaders.ACCEPT);
    FileHeaders.ofAny(found, asked, answer::header);
    if (variant.equals("html")) {
      // as large as the directory, within a few times, and that is in memory, too
      ByteArrayOutputStream page = new ByteArrayOutputStream();
      ListingPage.write(found, directory, page);
      return answer.contentType(new MediaType(MediaType.TEXT_HTML, StandardCharsets.UTF_8)).body(page.toByteArray());
    }
    return answer.contentType(MediaType.APPLICATION_JSON).body(ListingView.of(found, directory));
  }

  @GetMapping(STAT_PREFIX + "**")
  @Operation(summary = "Tell what something at or below a store path is", description = "Of a symbolic link itself, unless follow is true. Waits for builds as a read does.")
  @ApiResponse(responseCode = "200", description = "What it is", content = @Content(mediaType = MediaType.APPLICATION_JSON_VALUE, schema = @Schema(implementation = StatView.class)))
  @ApiResponse(responseCode = "404", description = "Nobody has the path, or it has no such entry")
  @ApiResponse(responseCode = "424", description = "A build that it needs failed: see log; or sources that it needs are missing")
  @ApiResponse(responseCode = "501", description = "This Kiln cannot build what it needs")
  @ApiResponse(responseCode = "503", description = "It is still being built, or Kiln is stopping: ask again later")
  @ApiResponse(responseCode = "504", description = "A build that it needs took too long")
  @ApiResponse(responseCode = "508", description = "Its symbolic links lead round in a circle")
  ResponseEntity<?> stat(HttpServletRequest request,
      @Parameter(description = "Whether to follow a symbolic link") @RequestParam(defaultValue = "false") boolean follow,
      @Parameter(description = "respond-async, or wait=<seconds> (RFC 7240): how long to wait for a build; abandon=cancel or abandon=continue: what becomes of it when nobody waits any more; priority=interactive, normal or background", schema = @Schema(type = "string")) @RequestHeader(name = "Prefer", required = false) @Nullable List<String> prefer)
      throws IOException, InterruptedException {
    Location location = StoreUrl.parse(request.getRequestURI().substring(STAT_PREFIX.length()));
    return patience.read(prefer, until -> ResponseEntity.ok().cacheControl(FileHeaders.FOR_EVER)
        .body(StatView.of(reader.find(location, follow ? Links.FOLLOW : Links.KEEP, until))));
  }
}
