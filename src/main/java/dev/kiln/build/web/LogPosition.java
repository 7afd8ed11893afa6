package dev.kiln.build.web;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Where to go on in a log, as an event's id tells it: a number of bytes, and before it, unless it is the first, {@code <attempt>:}.
 *
 * @param attempt from 0
 * @param offset in bytes
 */
record LogPosition(int attempt, long offset) {

  /** What stands for the end of a log whose build has ended. */
  static final String END = "end";

  private static final Pattern FORM = Pattern.compile("(?:([0-9]{1,9}):)?([0-9]{1,18})");

  /** @return empty if it is none: then all of the log is to be told */
  static Optional<LogPosition> parse(@Nullable String id) {
    Matcher matcher = FORM.matcher(id == null ? "" : id.strip());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String attempt = matcher.group(1);
    return Optional.of(
        new LogPosition(attempt == null ? 1 : Integer.parseInt(attempt), Long.parseLong(matcher.group(2))));
  }

  @Override
  public String toString() {
    return attempt == 1 ? String.valueOf(offset) : attempt + ":" + offset;
  }
}
