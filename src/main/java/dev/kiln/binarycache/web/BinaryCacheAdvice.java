package dev.kiln.binarycache.web;

import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

import dev.kiln.binarycache.BinaryCacheException;
import dev.kiln.binarycache.BinaryCacheException.IncompleteNar;
import dev.kiln.binarycache.BinaryCacheException.NoLog;
import dev.kiln.binarycache.BinaryCacheException.NotWritten;
import dev.kiln.binarycache.BinaryCacheException.UnknownHash;
import dev.kiln.binarycache.BinaryCacheException.UnknownNar;
import dev.kiln.binarycache.BinaryCacheException.UnknownRealisation;
import dev.kiln.problem.Problems;

/** Says why the cache has no answer. Clients take a 404 as "not here" and help themselves; most else ends their build. */
@RestControllerAdvice
@Order(0)
class BinaryCacheAdvice {

  @ExceptionHandler
  static ProblemDetail on(BinaryCacheException e) {
    String message = String.valueOf(e.getMessage());
    return switch (e) {
      case UnknownHash _ -> Problems.problem(HttpStatus.NOT_FOUND, "not-here", message,
          "/on-demand/ is the same cache, and builds what a known derivation produces");
      case UnknownRealisation _ -> Problems.problem(HttpStatus.NOT_FOUND, "not-here", message,
          "/on-demand/ is the same cache, and builds the outputs of known derivations");
      case UnknownNar _ -> Problems.problem(HttpStatus.NOT_FOUND, "unknown-nar", message);
      case NotWritten _ -> Problems.problem(HttpStatus.NOT_FOUND, "nar-not-written", message,
          "the narinfo of its path, asked for here, names the NAR as it can be had");
      case IncompleteNar _ -> Problems.problem(HttpStatus.NOT_FOUND, "incomplete-nar", message);
      case NoLog _ -> Problems.problem(HttpStatus.NOT_FOUND, "no-log", message);
    };
  }
}
