package dev.kiln.check.web;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.build.BuildException.CannotBuildHere;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.build.Builds;
import dev.kiln.check.Check;
import dev.kiln.check.CheckException.UnknownBuild;
import dev.kiln.check.CheckProperties;
import dev.kiln.check.CheckState.Failed;
import dev.kiln.check.CheckState.Queued;
import dev.kiln.check.CheckState.Running;
import dev.kiln.check.Checker;
import dev.kiln.check.Checks;
import dev.kiln.http.Prefer;
import dev.kiln.storepath.StorePath;

/** Whether what was built comes out the same when it is built again. */
@RestController
@Tag(name = "Checks", description = "Whether what was built comes out the same when it is built again")
class CheckController {

  static final String BUILDS = "/api/v1/builds";

  private final Checker checker;
  private final Checks checks;
  private final Builds builds;
  private final CheckProperties properties;
  private final Clock clock;

  CheckController(Checker checker, Checks checks, Builds builds, CheckProperties properties, Clock clock) {
    this.checker = checker;
    this.checks = checks;
    this.builds = builds;
    this.properties = properties;
    this.clock = clock;
  }

  @PostMapping(BUILDS + "/{id}/check")
  @Operation(summary = "Build again what a build built, and compare", description = """
      Builds in the same sandbox, of the same inputs, and registers nothing: what is stored stays as it is. Of one derivation there
      is one check at a time; who asks meanwhile joins it. Waits as long as Prefer says, and at most as long as kiln.check.max-wait.""")
  @ApiResponse(responseCode = "200", description = "The check has ended; its state says how", content = @Content(schema = @Schema(implementation = CheckView.class)))
  @ApiResponse(responseCode = "202", description = "It has not ended: see Location", content = @Content(schema = @Schema(implementation = CheckView.class)))
  @ApiResponse(responseCode = "404", description = "There is no such build")
  @ApiResponse(responseCode = "409", description = "The build has not succeeded, or its outputs are gone")
  @ApiResponse(responseCode = "424", description = "Inputs of the build are gone")
  @ApiResponse(responseCode = "501", description = "This Kiln cannot build it")
  @ApiResponse(responseCode = "503", description = "Kiln is stopping")
  ResponseEntity<CheckView> check(
      @Parameter(description = "As the list of builds names it") @PathVariable UUID id,
      @Parameter(description = "respond-async, or wait=<seconds> (RFC 7240): how long to wait for the check", schema = @Schema(type = "string")) @RequestHeader(name = "Prefer", required = false) @Nullable List<String> prefer)
      throws IOException, InterruptedException {
    Duration wait = Prefer.maxWait(prefer).filter(preferred -> preferred.compareTo(properties.maxWait()) < 0)
        .orElse(properties.maxWait());
    Check check = checker.await(checker.begin(id), clock.instant().plus(wait));
    if (check.state() instanceof Failed failed) {
      requireBuilt(failed.failure());
    }
    boolean goesOn = check.state() instanceof Queued || check.state() instanceof Running;
    return ResponseEntity.status(goesOn ? HttpStatus.ACCEPTED : HttpStatus.OK)
        .header(goesOn ? HttpHeaders.LOCATION : HttpHeaders.CONTENT_LOCATION,
            BUILDS + "/" + check.build() + "/checks/" + check.id())
        .body(CheckView.of(check));
  }

  /** That nothing was built says nothing of the derivation. */
  private static void requireBuilt(BuildFailure failure) {
    if (failure.kind() == Kind.CANNOT_BUILD_HERE) {
      throw new CannotBuildHere(failure.message());
    }
  }

  @GetMapping(BUILDS + "/{id}/checks")
  @Operation(summary = "List the checks of a build, the newest first")
  @ApiResponse(responseCode = "200", description = "At most as many as limit says")
  @ApiResponse(responseCode = "404", description = "There is no such build")
  List<CheckView> ofBuild(@Parameter(description = "As the list of builds names it") @PathVariable UUID id,
      @Parameter(description = "How many to list at most") @RequestParam(defaultValue = "10") @Min(1) @Max(20) int limit) {
    if (builds.find(id).isEmpty()) {
      throw new UnknownBuild(id);
    }
    return checks.ofBuild(id, limit).stream().map(CheckView::of).toList();
  }

  @GetMapping(BUILDS + "/{id}/checks/{check}")
  @Operation(summary = "Tell how a check is doing, or what it found")
  @ApiResponse(responseCode = "200", description = "The check's record")
  @ApiResponse(responseCode = "404", description = "There is no such check")
  CheckView find(@Parameter(description = "As the list of builds names it") @PathVariable UUID id,
      @Parameter(description = "As the list of the build's checks names it") @PathVariable UUID check) {
    return CheckView.of(checker.find(id, check));
  }

  @GetMapping("/api/v1/paths/{path}/checks")
  @Operation(summary = "List the checks that compared a path with another build of it, the newest first", description = "None if it was never built here, or not built again.")
  @ApiResponse(responseCode = "200", description = "At most as many as limit says")
  List<CheckView> ofPath(@Parameter(description = "<hash>-<name>") @PathVariable String path,
      @Parameter(description = "How many to list at most") @RequestParam(defaultValue = "10") @Min(1) @Max(20) int limit) {
    return checks.ofPath(StorePath.parseBaseName(path), limit).stream().map(CheckView::of).toList();
  }
}
