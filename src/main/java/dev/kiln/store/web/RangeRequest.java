package dev.kiln.store.web;

import java.util.List;

import org.springframework.http.HttpRange;

/** What a {@code Range} header (RFC 9110, 14) asks for of a file. */
enum RangeRequest {

  /** The whole file: the header is no byte range, and so to be ignored, or asks for more than an honest client would. */
  WHOLE,
  /** Parts of the file, each of which has at least one byte of it. */
  PARTS,
  /** Only what is beyond the file's end. */
  UNSATISFIABLE;

  /** Parts in one request; overlapping ones are what an attack on servers is made of (RFC 9110, 14.2). */
  private static final int MAX_PARTS = 20;

  /** @param size of the file, in bytes */
  static RangeRequest of(String header, long size) {
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
      return UNSATISFIABLE;
    }
    return beyond > 0 || ranges.size() > MAX_PARTS || length(ranges, size) >= size && ranges.size() > 1
        ? WHOLE
        : PARTS;
  }

  private static long length(List<HttpRange> ranges, long size) {
    return ranges.stream().mapToLong(range -> range.getRangeEnd(size) - range.getRangeStart(size) + 1).sum();
  }
}
