package dev.kiln.binarycache.web;

import java.util.List;

import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

import dev.kiln.binarycache.InvalidNarInfo;
import dev.kiln.binarycache.UploadException;
import dev.kiln.binarycache.UploadException.BrokenOff;
import dev.kiln.binarycache.UploadException.Conflict;
import dev.kiln.binarycache.UploadException.Malformed;
import dev.kiln.binarycache.UploadException.Mismatch;
import dev.kiln.binarycache.UploadException.MissingReferences;
import dev.kiln.binarycache.UploadException.TooLarge;
import dev.kiln.binarycache.UploadException.UnknownCompression;
import dev.kiln.binarycache.UploadException.Unsupported;
import dev.kiln.problem.Problems;
import dev.kiln.storepath.StorePath;

/**
 * Says why something was not taken into the cache. Every status here makes a Nix client give up at once and show the problem: after
 * 408, 429 and most of 5xx it sends the request again without its body, and hangs (seen with Nix 2.8 and 2.26).
 */
@RestControllerAdvice
@Order(0)
class UploadAdvice {

  /** Paths that a problem names: enough to see what is wrong. */
  private static final int MAX_NAMED = 100;

  @ExceptionHandler
  ProblemDetail on(UploadException e) {
    String message = String.valueOf(e.getMessage());
    return switch (e) {
      case Malformed _ -> Problems.problem(HttpStatus.BAD_REQUEST, "malformed-upload", message);
      case BrokenOff _ -> Problems.problem(HttpStatus.BAD_REQUEST, "broken-off", message);
      case Mismatch _ -> Problems.problem(HttpStatus.UNPROCESSABLE_CONTENT, "invalid-content", message);
      case UnknownCompression _ -> Problems.problem(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "unknown-compression", message,
          "use ?compression= with one of none, xz, zstd, bzip2, gzip, br, lz4, lzip, lzma and compress");
      case TooLarge _ -> Problems.problem(HttpStatus.CONTENT_TOO_LARGE, "too-large", message);
      case Conflict _ -> Problems.problem(HttpStatus.CONFLICT, "other-content", message);
      case Unsupported _ -> Problems.problem(HttpStatus.NOT_IMPLEMENTED, "unsupported", message);
      case MissingReferences missing -> missing(message, missing);
    };
  }

  private static ProblemDetail missing(String message, MissingReferences missing) {
    ProblemDetail problem = Problems.problem(HttpStatus.UNPROCESSABLE_CONTENT, "missing-references", message,
        "send what a path refers to before the path, as nix copy does without --no-recursive");
    List<String> named = missing.references().stream().limit(MAX_NAMED).map(StorePath::toString).toList();
    problem.setProperty("references", named);
    return problem;
  }

  @ExceptionHandler
  ProblemDetail on(InvalidNarInfo e) {
    return Problems.problem(HttpStatus.BAD_REQUEST, "malformed-narinfo", String.valueOf(e.getMessage()));
  }
}
