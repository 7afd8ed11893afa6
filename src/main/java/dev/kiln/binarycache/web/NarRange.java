package dev.kiln.binarycache.web;

import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpRange;

/**
 * Which bytes of a NAR an answer holds (RFC 9110, 14).
 *
 * @param from first byte; a part that begins at {@code size} or after it does not exist
 * @param to byte after the last
 * @param size of the NAR
 * @param part whether a part was asked for
 */
record NarRange(long from, long to, long size, boolean part) {

  /**
   * Reads what a client asks for. A range that is malformed, or more than one, is passed over (RFC 9110, 14.2).
   *
   * @param range the {@code Range} header
   * @param ifRange the {@code If-Range} header
   * @param tag the NAR's {@code ETag}
   */
  static NarRange of(@Nullable String range, @Nullable String ifRange, String tag, long size) {
    Optional<HttpRange> part = ifRange == null || ifRange.equals(tag) ? parse(range) : Optional.empty();
    return part.isEmpty()
        ? new NarRange(0, size, size, false)
        : new NarRange(part.get().getRangeStart(size), part.get().getRangeEnd(size) + 1, size, true);
  }

  private static Optional<HttpRange> parse(@Nullable String range) {
    try {
      List<HttpRange> ranges = HttpRange.parseRanges(range);
      return ranges.size() == 1 ? Optional.of(ranges.getFirst()) : Optional.empty();
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  boolean exists() {
    return !part || from < size;
  }

  long length() {
    return to - from;
  }

  /** @return the {@code Content-Range} header */
  String header() {
    return exists() ? "bytes " + from + "-" + (to - 1) + "/" + size : "bytes */" + size;
  }
}
