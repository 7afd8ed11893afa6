package dev.kiln.register.web;

import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

import dev.kiln.problem.Problems;
import dev.kiln.register.RegisterException;
import dev.kiln.register.RegisterException.InvalidContent;
import dev.kiln.register.RegisterException.TooLarge;
import dev.kiln.register.RegisterException.UnknownInputs;
import dev.kiln.storepath.StorePath;

/** Says why derivations or sources were not taken in. */
@RestControllerAdvice
@Order(0)
class RegisterAdvice {

  /** Paths that a problem names: enough to see what is wrong. */
  private static final int MAX_NAMED = 100;

  @ExceptionHandler
  ProblemDetail on(RegisterException e) {
    String message = String.valueOf(e.getMessage());
    return switch (e) {
      case InvalidContent _ -> Problems.problem(HttpStatus.UNPROCESSABLE_CONTENT, "invalid-content", message);
      case TooLarge _ -> Problems.problem(HttpStatus.CONTENT_TOO_LARGE, "too-large", message);
      case UnknownInputs unknown -> {
        ProblemDetail problem = Problems.problem(HttpStatus.UNPROCESSABLE_CONTENT, "unknown-inputs", message,
            "send the derivation's whole closure in one request, or the inputs first");
        problem.setProperty("inputs", unknown.inputs().stream().limit(MAX_NAMED).map(StorePath::toString).toList());
        yield problem;
      }
    };
  }
}
