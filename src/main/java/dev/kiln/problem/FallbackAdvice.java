package dev.kiln.problem;

import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;

import jakarta.servlet.http.HttpServletResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/** What no module has an answer for: Spring's own exceptions, clients that went away, and defects. */
@RestControllerAdvice
@Order(Ordered.LOWEST_PRECEDENCE)
class FallbackAdvice extends ResponseEntityExceptionHandler {

  private static final Logger log = LoggerFactory.getLogger(FallbackAdvice.class);

  /** In seconds. */
  private static final String RETRY_AFTER = "5";

  /** The outermost edge: what got here is a defect or a failing machine. Its words are for the log, not for clients. */
  @ExceptionHandler(Exception.class)
  ResponseEntity<ProblemDetail> on(Exception e, HttpServletResponse response) throws IOException {
    if (response.isCommitted()) {
      // the status is sent: breaking the body off is the only way left to say that it is not whole
      log.warn("an answer was broken off", e);
      throw new IOException("broken off", e);
    }
    if (isForWantOfTheDatabase(e)) {
      log.warn("a request failed, for the database did not answer", e);
      return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE).header(HttpHeaders.RETRY_AFTER, RETRY_AFTER)
          .body(Problems.problem(HttpStatus.SERVICE_UNAVAILABLE, "no-database", "Kiln's database does not answer",
              "ask again later; builds go on"));
    }
    log.error("a request failed", e);
    return ResponseEntity.of(
        Problems.problem(HttpStatus.INTERNAL_SERVER_ERROR, "internal", "Kiln could not answer; its log says why"))
        .build();
  }

  /** Whatever Spring and Hibernate make of it: that the connection broke, or the server is stopping or starting. */
  private static boolean isForWantOfTheDatabase(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        // the server always gives a state; the pool, where a connection is closed already, does not
        String state = sql.getSQLState();
        return sql instanceof SQLTransientConnectionException || state == null || state.matches("08...|57P0[1-5]");
      }
    }
    return false;
  }
}
