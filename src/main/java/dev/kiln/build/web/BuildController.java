package dev.kiln.build.web;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.ResponseEntity.BodyBuilder;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;

import dev.kiln.build.BuildRecord;
import dev.kiln.build.BuildRecords;
import dev.kiln.build.BuildRecords.Filter;
import dev.kiln.build.web.BuildRecordView.DayView;
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

  private final BuildRecords records;

  BuildController(BuildRecords records) {
    this.records = records;
  }

  @GetMapping
  @Operation(summary = "List builds, the newest first", description = "All conditions that are given have to hold. Where there are more, the header Link says where (rel=next).")
  @ApiResponse(responseCode = "200", description = "At most as many as limit says")
  ResponseEntity<List<BuildRecordView>> list(
      @Parameter(description = "Only builds of this derivation: <hash>-<name>.drv") @RequestParam(required = false) @Nullable String derivation,
      @Parameter(description = "Only builds of derivations of this name, with or without .drv") @RequestParam(required = false) @Nullable String name,
      @Parameter(description = "Only builds in this state") @RequestParam(required = false) @Pattern(regexp = "waiting|queued|running|succeeded|failed|cancelled|lost") @Schema(allowableValues = {
          "waiting", "queued", "running", "succeeded", "failed", "cancelled", "lost"}) @Nullable String state,
      @Parameter(description = "Only builds that this Kiln runs, or ran last") @RequestParam(required = false) @Nullable UUID replica,
      @Parameter(description = "Only builds for whom this begins: an address, or more") @RequestParam(required = false) @Nullable String requestedBy,
      @Parameter(description = "Only builds submitted then or later, as 2026-01-31T12:00:00Z") @RequestParam(required = false) @Nullable Instant since,
      @Parameter(description = "Only builds submitted before that") @RequestParam(required = false) @Nullable Instant until,
      @Parameter(description = "The last build of the page before") @RequestParam(required = false) @Nullable UUID after,
      @Parameter(description = "How many to list at most") @RequestParam(defaultValue = "100") @Min(1) @Max(1000) int limit,
      HttpServletRequest request) {
    Filter filter = new Filter(Optional.ofNullable(derivation).map(StorePath::parseBaseName), Optional.ofNullable(name),
        Optional.ofNullable(state), Optional.ofNullable(replica), Optional.ofNullable(requestedBy),
        Optional.ofNullable(since), Optional.ofNullable(until));
    List<BuildRecord> page = records.list(filter, Optional.ofNullable(after), limit);
    BodyBuilder answer = ResponseEntity.ok();
    if (page.size() == limit) {
      String next = ServletUriComponentsBuilder.fromRequest(request)
          .replaceQueryParam("after", page.getLast().build().id())
          .build().toUri().getRawQuery();
      answer.header(HttpHeaders.LINK, "<" + PATH + "?" + next + ">; rel=\"next\"");
    }
    return answer.body(page.stream().map(BuildRecordView::of).toList());
  }

  @GetMapping("/summary")
  @Operation(summary = "Tell how builds of a name went, day by day", description = "The newest day first; days without builds are left out.")
  @ApiResponse(responseCode = "200", description = "At most as many days as limit says")
  List<DayView> summary(
      @Parameter(description = "Of the derivation, with or without .drv") @RequestParam String name,
      @Parameter(description = "How many days to tell of at most") @RequestParam(defaultValue = "30") @Min(1) @Max(1000) int limit) {
    return records.summary(name, limit).stream().map(DayView::of).toList();
  }

  @GetMapping("/{id}")
  @Operation(summary = "Tell how a build is doing, or how it ended")
  @ApiResponse(responseCode = "200", description = "The build's record")
  @ApiResponse(responseCode = "404", description = "There is no such build")
  BuildRecordView find(@Parameter(description = "As the list of builds names it") @PathVariable UUID id) {
    return BuildRecordView.of(records.find(id).orElseThrow(() -> new UnknownBuild(id)));
  }

  @ExceptionHandler
  ProblemDetail on(UnknownBuild e) {
    return Problems.problem(HttpStatus.NOT_FOUND, "unknown-build", String.valueOf(e.getMessage()));
  }
}
