package dev.kiln.build.web;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpRange;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.build.Build;
import dev.kiln.build.BuildLogs;
import dev.kiln.build.BuildLogs.Phase;
import dev.kiln.build.Builds;
import dev.kiln.build.StoredLog;
import dev.kiln.build.web.BuildController.UnknownBuild;
import dev.kiln.problem.Problems;

/** What builds print: so far, in all, in part, and while they print it. */
@RestController
@RequestMapping(BuildController.PATH)
@Tag(name = "Builds")
class BuildLogController {

  private static final MediaType TEXT = new MediaType(MediaType.TEXT_PLAIN, StandardCharsets.UTF_8);
  private static final String ZSTD = "zstd";

  private final Builds builds;
  private final BuildLogs logs;
  private final LogFollowers followers;

  BuildLogController(Builds builds, BuildLogs logs, LogFollowers followers) {
    this.builds = builds;
    this.logs = logs;
    this.followers = followers;
  }

  @GetMapping("/{id}/log")
  @Operation(summary = "Read what a build printed, so far or in all, or follow it while it prints", description = """
      The bytes are those that the builder wrote; Range is obeyed, and a log that is complete can be had as zstd by Accept-Encoding.
      With follow=true they come as server-sent events until the build has ended: lines that are there together are one message, a
      line each; "part" is a piece of a line that goes on; "phase" and "activity" are what a builder tells by "@nix" lines; "restart" says
      that the build was begun anew, and "end" in which state it ended. An event's id is the offset behind it: Last-Event-ID goes on
      there.""")
  @ApiResponse(responseCode = "200", description = "The log", content = {
      @Content(mediaType = MediaType.TEXT_PLAIN_VALUE, schema = @Schema(type = "string")),
      @Content(mediaType = MediaType.TEXT_EVENT_STREAM_VALUE, schema = @Schema(type = "string"))})
  @ApiResponse(responseCode = "204", description = "Who follows has heard the end already", content = @Content)
  @ApiResponse(responseCode = "206", description = "The part that Range asks for", content = @Content(mediaType = MediaType.TEXT_PLAIN_VALUE, schema = @Schema(type = "string")))
  @ApiResponse(responseCode = "404", description = "There is no such build")
  @ApiResponse(responseCode = "416", description = "The log has no such range")
  void log(@Parameter(description = "As the list of builds names it") @PathVariable UUID id,
      @Parameter(description = "Whether to go on until the build has ended") @RequestParam(defaultValue = "false") boolean follow,
      @Parameter(hidden = true) HttpMethod method, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Build build = require(id);
    response.setHeader("X-Content-Type-Options", "nosniff");
    if (follow) {
      follow(id, request.getHeader("Last-Event-ID"), method, response);
      return;
    }
    Optional<StoredLog> log = logs.open(id);
    if (log.isEmpty()) {
      answer(response, TEXT).setContentLengthLong(0);
      return;
    }
    try (StoredLog stored = log.get()) {
      send(stored, BuildView.of(build).endedAt() != null, method, request, response);
    }
  }

  private void follow(UUID id, @Nullable String last, HttpMethod method, HttpServletResponse response)
      throws IOException {
    if (LogPosition.END.equals(last)) {
      response.setStatus(HttpStatus.NO_CONTENT.value());
      return;
    }
    answer(response, new MediaType(MediaType.TEXT_EVENT_STREAM, StandardCharsets.UTF_8));
    response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    // nginx would keep events back
    response.setHeader("X-Accel-Buffering", "no");
    if (!method.equals(HttpMethod.HEAD)) {
      OutputStream out = response.getOutputStream();
      response.flushBuffer();
      followers.follow(id, LogPosition.parse(last), out);
    }
  }

  /** @param complete whether nothing will be added */
  private static void send(StoredLog log, boolean complete, HttpMethod method, HttpServletRequest request,
      HttpServletResponse response) throws IOException {
    answer(response, TEXT).setHeader(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
    response.setHeader(HttpHeaders.ACCEPT_RANGES, "bytes");
    String range = request.getHeader(HttpHeaders.RANGE);
    if (range == null && complete && log.compressed().isPresent() && accepts(request)) {
      sendCompressed(log.compressed().get(), method, response);
      return;
    }
    // it may grow meanwhile: what is there now is sent
    long size = log.size();
    Optional<HttpRange> part = request.getHeader(HttpHeaders.IF_RANGE) == null ? single(range) : Optional.empty();
    long from = 0;
    long to = size;
    if (part.isPresent()) {
      from = size == 0 ? 0 : part.get().getRangeStart(size);
      if (from >= size) {
        response.setHeader(HttpHeaders.CONTENT_RANGE, "bytes */" + size);
        throw new NoSuchRange(String.valueOf(range), size);
      }
      to = part.get().getRangeEnd(size) + 1;
      response.setStatus(HttpStatus.PARTIAL_CONTENT.value());
      response.setHeader(HttpHeaders.CONTENT_RANGE, "bytes " + from + "-" + (to - 1) + "/" + size);
    }
    response.setContentLengthLong(to - from);
    if (!method.equals(HttpMethod.HEAD)) {
      log.stream(from, to - from).transferTo(response.getOutputStream());
    }
  }

  private static void sendCompressed(FileChannel file, HttpMethod method, HttpServletResponse response)
      throws IOException {
    long size = file.size();
    response.setHeader(HttpHeaders.CONTENT_ENCODING, ZSTD);
    response.setContentLengthLong(size);
    if (!method.equals(HttpMethod.HEAD)) {
      WritableByteChannel target = Channels.newChannel(response.getOutputStream());
      for (long sent = 0; sent < size;) {
        sent += file.transferTo(sent, size - sent, target);
      }
    }
  }

  private static HttpServletResponse answer(HttpServletResponse response, MediaType type) {
    response.setContentType(type.toString());
    return response;
  }

  /** @return the one range that is asked for; several, or what is none, may be answered by all */
  private static Optional<HttpRange> single(@Nullable String header) {
    try {
      List<HttpRange> ranges = HttpRange.parseRanges(header);
      return ranges.size() == 1 ? Optional.of(ranges.getFirst()) : Optional.empty();
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static boolean accepts(HttpServletRequest request) {
    String header = request.getHeader(HttpHeaders.ACCEPT_ENCODING);
    if (header == null) {
      return false;
    }
    for (String coding : header.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = coding.strip().split("\\s*;\\s*q=", 2);
      if (parts[0].equals(ZSTD)) {
        return parts.length == 1 || !parts[1].matches("0(\\.0*)?");
      }
    }
    return false;
  }

  /** A phase, as JSON. */
  record PhaseView(@Schema(example = "buildPhase") String phase,
      @Schema(description = "Of the line that says so, in the log, in bytes") long offset,
      Instant startedAt) {}

  @GetMapping("/{id}/phases")
  @Operation(summary = "List the phases that a build has told of, so far or in all", description = "Builders tell them by lines like @nix {\"action\":\"setPhase\",\"phase\":\"buildPhase\"}. Each lasts until the next one, or the build's end.")
  @ApiResponse(responseCode = "200", description = "In the order in which they began")
  @ApiResponse(responseCode = "404", description = "There is no such build")
  List<PhaseView> phases(@Parameter(description = "As the list of builds names it") @PathVariable UUID id)
      throws IOException {
    require(id);
    return logs.phases(id).stream().map((Phase phase) -> new PhaseView(phase.name(), phase.offset(), phase.startedAt()))
        .toList();
  }

  private Build require(UUID id) {
    return builds.find(id).orElseThrow(() -> new UnknownBuild(id));
  }

  /** Only what is beyond the log's end was asked for. */
  static final class NoSuchRange extends RuntimeException {
    NoSuchRange(String range, long size) {
      super("the range '" + range + "' is beyond the log's " + size + " bytes");
    }
  }

  @ExceptionHandler
  ProblemDetail on(UnknownBuild e) {
    return Problems.problem(HttpStatus.NOT_FOUND, "unknown-build", String.valueOf(e.getMessage()));
  }

  @ExceptionHandler
  ProblemDetail on(NoSuchRange e) {
    return Problems.problem(HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "unsatisfiable-range",
        String.valueOf(e.getMessage()));
  }
}
