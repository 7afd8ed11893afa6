package dev.kiln.check.web;

import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

import dev.kiln.build.BuildException.CannotBuildHere;
import dev.kiln.check.CheckException;
import dev.kiln.check.CheckException.NothingToCompare;
import dev.kiln.check.CheckException.UnknownBuild;
import dev.kiln.check.CheckException.UnknownCheck;
import dev.kiln.problem.Problems;

/** Says why there is no check. */
@RestControllerAdvice
@Order(0)
class CheckAdvice {

  @ExceptionHandler
  ProblemDetail on(CheckException e) {
    String message = String.valueOf(e.getMessage());
    return switch (e) {
      case UnknownBuild _ -> Problems.problem(HttpStatus.NOT_FOUND, "unknown-build", message);
      case UnknownCheck _ -> Problems.problem(HttpStatus.NOT_FOUND, "unknown-check", message);
      case NothingToCompare _ -> Problems.problem(HttpStatus.CONFLICT, "nothing-to-compare", message,
          "GET /api/v1/derivations/{drv}/outputs/{output} builds what is not here; a check of that build can follow");
    };
  }

  @ExceptionHandler
  ProblemDetail on(CannotBuildHere e) {
    return Problems.problem(HttpStatus.NOT_IMPLEMENTED, "cannot-build-here", String.valueOf(e.getMessage()));
  }
}
