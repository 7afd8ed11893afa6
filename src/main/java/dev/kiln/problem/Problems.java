package dev.kiln.problem;

import java.net.URI;

import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;

/** Makes problem details (RFC 9457). */
public final class Problems {

  /** In characters. */
  private static final int MAX_DETAIL = 2_000;

  private Problems() {}

  /**
   * Makes a problem.
   *
   * @param kind tells problems apart for programs: a few words with dashes
   * @param detail a sentence about this very problem, which quotes what it is about
   */
  public static ProblemDetail problem(HttpStatus status, String kind, String detail) {
    ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, printable(detail));
    problem.setType(URI.create("urn:kiln:problem:" + kind));
    problem.setTitle(status.getReasonPhrase());
    return problem;
  }

  /**
   * Makes a problem that also says what would help.
   *
   * @param help what the reader could do next
   */
  public static ProblemDetail problem(HttpStatus status, String kind, String detail, String help) {
    ProblemDetail problem = problem(status, kind, detail);
    problem.setProperty("help", help);
    return problem;
  }

  /** Quoted input may hold anything, and much of it; control characters are shown as U+FFFD, as text that is not UTF-8 is. */
  private static String printable(String text) {
    String shown = text.length() <= MAX_DETAIL ? text : text.substring(0, MAX_DETAIL) + "…";
    return shown.codePoints().map(c -> Character.isISOControl(c) && c != '\n' ? 0xFFFD : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
  }
}
