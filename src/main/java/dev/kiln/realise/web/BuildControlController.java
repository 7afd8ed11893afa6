package dev.kiln.realise.web;

import java.net.URI;
import java.util.UUID;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.build.Build;
import dev.kiln.build.BuildState;
import dev.kiln.problem.Problems;
import dev.kiln.realise.BuildControl;

/** Cancels builds, and begins them anew. */
@RestController
@RequestMapping(BuildControlController.PATH)
@Tag(name = "Builds")
class BuildControlController {

  static final String PATH = "/api/v1/builds";

  /** What is asked for cannot be done to a build. */
  static final class BuildControlException extends RuntimeException {
    private final HttpStatus status;
    private final String type;

    private BuildControlException(HttpStatus status, String type, String message) {
      super(message);
      this.status = status;
      this.type = type;
    }
  }

  private final BuildControl control;

  BuildControlController(BuildControl control) {
    this.control = control;
  }

  @DeleteMapping("/{id}")
  @Operation(summary = "Cancel a build", description = """
      Kills its processes, on whichever replica they run. Builds that wait for it are cancelled with it, and all their readers are told.
      The next read builds it anew. What it waited for goes on, unless all who wanted it would have it cancelled when they leave.""")
  @ApiResponse(responseCode = "204", description = "It is cancelled, now or before")
  @ApiResponse(responseCode = "404", description = "There is no such build")
  @ApiResponse(responseCode = "409", description = "It has ended already")
  ResponseEntity<Void> cancel(@Parameter(description = "As the list of builds names it") @PathVariable UUID id) {
    Build build = require(id);
    if (!control.cancel(build)) {
      throw new BuildControlException(HttpStatus.CONFLICT, "build-ended", "build " + id + " has ended already");
    }
    return ResponseEntity.noContent().build();
  }

  @PostMapping("/{id}/retry")
  @Operation(summary = "Build a derivation anew whose build failed", description = """
      Forgets the failure, and that of the build that it failed for, which otherwise answers for the derivation until
      kiln.build.failure-memory is over. A build that has not ended is left alone.""")
  @ApiResponse(responseCode = "202", description = "It is being built: see Location", content = @Content)
  @ApiResponse(responseCode = "204", description = "There is nothing to build: all outputs are here", content = @Content)
  @ApiResponse(responseCode = "404", description = "There is no such build")
  @ApiResponse(responseCode = "424", description = "Another build that it needs failed, or sources that it needs are missing")
  ResponseEntity<Void> retry(@Parameter(description = "As the list of builds names it") @PathVariable UUID id) {
    Build build = require(id);
    return switch (build.state()) {
      case BuildState.Waiting _,BuildState.Queued _,BuildState.Running _ -> accepted(id);
      case BuildState.Succeeded _,BuildState.Failed _,BuildState.Cancelled _,BuildState.Lost _ ->
        control.retry(build).map(BuildControlController::accepted).orElseGet(() -> ResponseEntity.noContent().build());
    };
  }

  private static ResponseEntity<Void> accepted(UUID build) {
    return ResponseEntity.accepted().location(URI.create(PATH + "/" + build)).build();
  }

  private Build require(UUID id) {
    return control.find(id).orElseThrow(() -> new BuildControlException(HttpStatus.NOT_FOUND, "unknown-build",
        "no build " + id + " is on record"));
  }

  @ExceptionHandler
  ProblemDetail on(BuildControlException e) {
    return Problems.problem(e.status, e.type, String.valueOf(e.getMessage()));
  }
}
