package dev.kiln.build.web;

import java.time.Instant;
import java.util.UUID;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

import dev.kiln.build.Build;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildState;

/** A build's record, as JSON. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record BuildView(UUID id, String derivation,
    @Schema(allowableValues = {
        "waiting", "queued", "running", "succeeded", "failed", "cancelled", "lost"}) String state,
    Instant submittedAt,
    @Nullable Instant startedAt, @Nullable Instant endedAt, @Nullable FailureView failure,
    @Schema(description = "In bytes, once it has ended") long logSize,
    @Schema(description = "Where the log is") String log) {

  /** Why a build failed, as JSON. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record FailureView(@Schema(example = "BUILDER_FAILED") String kind, String message, @Nullable Integer exitCode,
      @Schema(description = "The build that failed, where this one failed for want of its outputs") @Nullable String failedInput) {

    static FailureView of(BuildFailure failure) {
      return new FailureView(failure.kind().name(), failure.message(),
          failure.exitCode().isPresent() ? failure.exitCode().getAsInt() : null,
          failure.failedInput().map(id -> BuildController.PATH + "/" + id).orElse(null));
    }
  }

  static BuildView of(Build build) {
    return switch (build.state()) {
      case BuildState.Waiting _ -> view(build, "waiting", null, null, null);
      case BuildState.Queued _ -> view(build, "queued", null, null, null);
      case BuildState.Running(Instant started) -> view(build, "running", started, null, null);
      case BuildState.Succeeded(Instant started, Instant ended) -> view(build, "succeeded", started, ended, null);
      case BuildState.Failed(var started, Instant ended, BuildFailure failure) ->
        view(build, "failed", started.orElse(null), ended, FailureView.of(failure));
      case BuildState.Cancelled(var started, Instant ended, String message) ->
        view(build, "cancelled", started.orElse(null), ended,
            new FailureView("CANCELLED", message, null, null));
      case BuildState.Lost(var started, Instant ended) -> view(build, "lost", started.orElse(null), ended, null);
    };
  }

  private static BuildView view(Build build, String state, @Nullable Instant startedAt, @Nullable Instant endedAt,
      @Nullable FailureView failure) {
    return new BuildView(build.id(), build.derivation().toString(), state, build.submittedAt(), startedAt, endedAt,
        failure,
        build.logSize(), BuildController.PATH + "/" + build.id() + "/log");
  }
}
