package dev.kiln.build.web;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.build.Build;
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

  BuildController(Builds builds) {
    this.builds = builds;
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

  private Build require(UUID id) {
    return builds.find(id).orElseThrow(() -> new UnknownBuild(id));
  }

  @ExceptionHandler
  ProblemDetail on(UnknownBuild e) {
    return Problems.problem(HttpStatus.NOT_FOUND, "unknown-build", String.valueOf(e.getMessage()));
  }
}
