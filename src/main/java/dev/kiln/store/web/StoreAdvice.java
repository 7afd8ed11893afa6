package dev.kiln.store.web;

import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

import dev.kiln.problem.Problems;
import dev.kiln.store.StoreException;
import dev.kiln.store.StoreException.LinkLoop;
import dev.kiln.store.StoreException.NoSuchEntry;
import dev.kiln.store.StoreException.OutsideStore;
import dev.kiln.storepath.InvalidStorePath;

/** Says why a URL leads nowhere. */
@RestControllerAdvice
@Order(0)
class StoreAdvice {

  @ExceptionHandler
  ProblemDetail on(StoreException e) {
    String message = String.valueOf(e.getMessage());
    return switch (e) {
      case NoSuchEntry _ -> Problems.problem(HttpStatus.NOT_FOUND, "no-such-entry", message);
      case OutsideStore _ -> Problems.problem(HttpStatus.NOT_FOUND, "outside-store", message);
      case LinkLoop _ -> Problems.problem(HttpStatus.LOOP_DETECTED, "link-loop", message);
    };
  }

  @ExceptionHandler
  ResponseEntity<ProblemDetail> on(UnsatisfiableRange e) {
    return ResponseEntity.status(HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        .header(HttpHeaders.CONTENT_RANGE, "bytes */" + e.size())
        .body(Problems.problem(HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "unsatisfiable-range",
            String.valueOf(e.getMessage())));
  }

  @ExceptionHandler
  ProblemDetail on(MalformedUrl e) {
    return Problems.problem(HttpStatus.BAD_REQUEST, "malformed-path", String.valueOf(e.getMessage()));
  }

  @ExceptionHandler
  ProblemDetail on(InvalidStorePath e) {
    return Problems.problem(HttpStatus.BAD_REQUEST, "malformed-store-path", String.valueOf(e.getMessage()));
  }
}
