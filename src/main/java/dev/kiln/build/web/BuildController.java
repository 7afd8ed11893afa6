package dev.kiln.build.web;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.InputStreamResource;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.build.Build;
import dev.kiln.build.BuildLogs;
import dev.kiln.build.Builds;
import dev.kiln.build.Builds.Filter;
import dev.kiln.problem.Problems;
import dev.kiln.storepath.StorePath;

/** What was built, is being built, and what it printed. */
@RestController
@RequestMapping(BuildController.PATH)
@Tag(name = "Builds", description = "What was built, is being built, and what it printed")
class BuildController {

  static final String PATH = "/api/v1/builds";

  /** Nothing is recorded under this number. */
  static final class UnknownBuild extends RuntimeException {
    UnknownBuild(UUID id) {
      super("no build " + id + " is on record");
    }
  }

  private final Builds builds;
  private final BuildLogs logs;

  BuildController(Builds builds, BuildLogs logs) {
    this.builds = builds;
    this.logs = logs;
  }

  @GetMapping
  @Operation(summary = "List builds, the newest first")
  @ApiResponse(responseCode = "200", description = "At most as many as limit says")
  List<BuildView> list(
      @Parameter(description = "Only builds of this derivation: <hash>-<name>.drv") @RequestParam(required = false) @Nullable String derivation,
      @Parameter(description = "Only builds in this state") @RequestParam(required = false) @Pattern(regexp = "waiting|queued|running|succeeded|failed|cancelled|lost") @Schema(allowableValues = {
          "waiting", "queued", "running", "succeeded", "failed", "cancelled", "lost"}) @Nullable String state,
      @Parameter(description = "How many to leave out at the beginning") @RequestParam(defaultValue = "0") @Min(0) int offset,
      @Parameter(description = "How many to list at most") @RequestParam(defaultValue = "100") @Min(1) @Max(1000) int limit) {
    Filter filter = new Filter(Optional.ofNullable(derivation).map(StorePath::parseBaseName),
        Optional.ofNullable(state));
    return builds.list(filter, offset, limit).stream().map(BuildView::of).toList();
  }

  @GetMapping("/{id}")
  @Operation(summary = "Tell how a build is doing, or how it ended")
  @ApiResponse(responseCode = "200", description = "The build's record")
  @ApiResponse(responseCode = "404", description = "There is no such build")
  BuildView find(@Parameter(description = "As the list of builds names it") @PathVariable UUID id) {
    return BuildView.of(require(id));
  }

  @GetMapping(path = "/{id}/log", produces = MediaType.TEXT_PLAIN_VALUE)
  @Operation(summary = "Read what a build printed, so far or in all", description = "The bytes are those that the builder wrote.")
  @ApiResponse(responseCode = "200", description = "The log", content = @Content(mediaType = MediaType.TEXT_PLAIN_VALUE, schema = @Schema(type = "string")))
  @ApiResponse(responseCode = "404", description = "There is no such build")
  ResponseEntity<InputStreamResource> log(
      @Parameter(description = "As the list of builds names it") @PathVariable UUID id) throws IOException {
    Build build = require(id);
    Optional<FileChannel> log = logs.open(build.id());
    long size = log.isPresent() ? log.get().size() : 0;
    InputStream content = log.isPresent() ? Channels.newInputStream(log.get()) : InputStream.nullInputStream();
    return ResponseEntity.ok().contentType(new MediaType(MediaType.TEXT_PLAIN, StandardCharsets.UTF_8))
        .header("X-Content-Type-Options", "nosniff").contentLength(size)
        .body(new InputStreamResource(new Prefix(content, size)));
  }

  private Build require(UUID id) {
    return builds.find(id).orElseThrow(() -> new UnknownBuild(id));
  }

  @ExceptionHandler
  ProblemDetail on(UnknownBuild e) {
    return Problems.problem(HttpStatus.NOT_FOUND, "unknown-build", String.valueOf(e.getMessage()));
  }
}
