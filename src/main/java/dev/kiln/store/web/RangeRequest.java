package dev.kiln.store.web;

import java.util.List;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpRange;

/** What the {@code Range} and {@code If-Range} headers (RFC 9110, 13 and 14) ask for of a file. */
sealed interface RangeRequest {

  /** The whole file: the header is no byte range, and so to be ignored, or asks for more than an honest client would. */
  record Whole() implements RangeRequest {}

  /**
   * One part of the file.
   *
   * @param from first byte
   * @param to byte after the last
   */
  record Part(long from, long to) implements RangeRequest {}

  /** Several parts of the file, each of which has at least one byte of it. */
  record Parts() implements RangeRequest {}

  /** Only what is beyond the file's end. */
  record Unsatisfiable() implements RangeRequest {}

  /** Parts in one request; overlapping ones are what an attack on servers is made of (RFC 9110, 14.2). */
  int MAX_PARTS = 20;

  RangeRequest WHOLE = new Whole();

  /**
   * Reads the two headers.
   *
   * @param tag the file's {@code ETag}
   * @param size of the file, in bytes
   */
  static RangeRequest of(@Nullable String range, @Nullable String ifRange, String tag, long size) {
    return range == null || ifRange != null && !ifRange.equals(tag) ? WHOLE : of(range, size);
  }

  private static RangeRequest of(String header, long size) {
    List<HttpRange> ranges;
    try {
      ranges = HttpRange.parseRanges(header);
    } catch (IllegalArgumentException _) {
      return WHOLE;
    }
    if (ranges.isEmpty()) {
      return WHOLE;
    }
    long beyond = ranges.stream().filter(range -> size == 0 || range.getRangeStart(size) >= size).count();
    if (beyond == ranges.size()) {
      return new Unsatisfiable();
    }
    if (ranges.size() == 1) {
      HttpRange range = ranges.getFirst();
      return new Part(range.getRangeStart(size), range.getRangeEnd(size) + 1);
    }
    return beyond > 0 || ranges.size() > MAX_PARTS || length(ranges, size) >= size ? WHOLE : new Parts();
  }

  private static long length(List<HttpRange> ranges, long size) {
    return ranges.stream().mapToLong(range -> range.getRangeEnd(size) - range.getRangeStart(size) + 1).sum();
  }
}
