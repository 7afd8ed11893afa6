package dev.kiln.realise.web;

import java.io.IOException;
import java.util.List;
import java.util.Map;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildLogs;
import dev.kiln.problem.Problems;
import dev.kiln.realise.RealiseException;
import dev.kiln.realise.RealiseException.BuildCancelled;
import dev.kiln.realise.RealiseException.BuildFailed;
import dev.kiln.realise.RealiseException.MissingSources;
import dev.kiln.realise.RealiseException.Overtaken;
import dev.kiln.realise.RealiseException.StillBuilding;
import dev.kiln.realise.RealiseException.Stopping;
import dev.kiln.realise.RealiseException.UnknownOutput;
import dev.kiln.realise.RealiseException.UnknownPath;
import dev.kiln.storepath.StorePath;

/** Says why a path is not here, and what would help. */
@RestControllerAdvice
@Order(0)
class RealiseAdvice {

  private static final Logger log = LoggerFactory.getLogger(RealiseAdvice.class);

  /** Of a failed build's log, in lines: as many as Nix shows by default, and some. */
  private static final int LOG_TAIL = 25;

  /** In seconds. */
  private static final String RETRY_AFTER = "5";

  private final BuildLogs logs;

  RealiseAdvice(BuildLogs logs) {
    this.logs = logs;
  }

  @ExceptionHandler
  ResponseEntity<ProblemDetail> on(RealiseException e) {
    return switch (e) {
      case UnknownPath unknown -> ResponseEntity.of(problem(unknown)).build();
      case UnknownOutput unknown -> ResponseEntity.of(problem(unknown)).build();
      case MissingSources missing -> ResponseEntity.of(problem(missing)).build();
      case BuildFailed failed -> ResponseEntity.of(problem(failed)).build();
      case StillBuilding building -> ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
          .header(HttpHeaders.RETRY_AFTER, RETRY_AFTER).body(problem(building));
      case BuildCancelled cancelled -> ResponseEntity.of(problem(cancelled)).build();
      case Overtaken overtaken -> ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
          .header(HttpHeaders.RETRY_AFTER, RETRY_AFTER)
          .body(Problems.problem(HttpStatus.SERVICE_UNAVAILABLE, "overtaken", message(overtaken)));
      case Stopping stopping -> ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
          .header(HttpHeaders.RETRY_AFTER, RETRY_AFTER)
          .body(Problems.problem(HttpStatus.SERVICE_UNAVAILABLE, "stopping", message(stopping)));
    };
  }

  private static ProblemDetail problem(UnknownPath e) {
    ProblemDetail problem = Problems.problem(HttpStatus.NOT_FOUND, "unknown-path", message(e),
        "register the derivation that produces it (POST /api/v1/derivations), or import it (PUT /api/v1/sources/{name})");
    problem.setProperty("asked", e.answers());
    return problem;
  }

  private static ProblemDetail problem(UnknownOutput e) {
    ProblemDetail problem = Problems.problem(HttpStatus.NOT_FOUND, "unknown-output", message(e));
    problem.setProperty("outputs", e.outputs());
    return problem;
  }

  private static ProblemDetail problem(MissingSources e) {
    ProblemDetail problem = Problems.problem(HttpStatus.FAILED_DEPENDENCY, "missing-sources", message(e),
        "import what is missing: PUT /api/v1/sources/{name}");
    problem.setProperty("missing", e.missing().stream().map(StorePath::toString).toList());
    return problem;
  }

  private ProblemDetail problem(BuildFailed e) {
    BuildFailure failure = e.failure();
    ProblemDetail problem = switch (failure.kind()) {
      case CANNOT_BUILD_HERE -> Problems.problem(HttpStatus.NOT_IMPLEMENTED, "cannot-build-here", message(e));
      case TIMED_OUT -> Problems.problem(HttpStatus.GATEWAY_TIMEOUT, "build-timed-out", message(e));
      case MACHINE_FAILED -> Problems.problem(HttpStatus.SERVICE_UNAVAILABLE, "machine-failed", message(e),
          "this was not the derivation's fault: a later read builds it anew");
      case BAD_DERIVATION, BUILDER_FAILED, LIMIT_EXCEEDED, OUTPUT_REJECTED, HASH_MISMATCH, MISSING_INPUT,
          INPUT_FAILED ->
        Problems.problem(HttpStatus.FAILED_DEPENDENCY, "build-failed", message(e));
    };
    problem.setProperty("derivation", e.derivation().toString());
    failure.exitCode().ifPresent(exitCode -> problem.setProperty("exitCode", exitCode));
    problem.setProperty("build", "/api/v1/builds/" + e.build());
    problem.setProperty("log", "/api/v1/builds/" + e.build() + "/log");
    problem.setProperty("logTail", logTail(e));
    return problem;
  }

  private static ProblemDetail problem(BuildCancelled e) {
    ProblemDetail problem = Problems.problem(HttpStatus.FAILED_DEPENDENCY, "build-cancelled", message(e),
        "read again, and it is built anew");
    problem.setProperty("build", "/api/v1/builds/" + e.build());
    return problem;
  }

  private static ProblemDetail problem(StillBuilding e) {
    ProblemDetail problem = Problems.problem(HttpStatus.SERVICE_UNAVAILABLE, "still-building", message(e),
        "ask again later; the build goes on");
    problem.setProperties(Map.of("build", "/api/v1/builds/" + e.build()));
    return problem;
  }

  private List<String> logTail(BuildFailed e) {
    try {
      return logs.tail(e.build(), LOG_TAIL);
    } catch (IOException unreadable) {
      log.error("log of build {}", e.build(), unreadable);
      return List.of();
    }
  }

  private static String message(RealiseException e) {
    return String.valueOf(e.getMessage());
  }
}
