package dev.kiln.build.fs;

import java.io.IOException;

import dev.kiln.build.StructuredLine;
import dev.kiln.build.StructuredLine.PhaseBegins;
import dev.kiln.bytes.ByteString;

/** Finds, in a log that is being written, the lines by which a builder says which phase it begins. */
final class PhaseScanner {

  /** What takes more, in bytes, is no line that a builder would write for that. */
  private static final int MAX_LINE = 4096;
  /** Structured lines that are looked at: a build that has more tells nothing by them. */
  private static final int MAX_LINES = 100_000;

  interface Heard {
    /** @param offset of the line that says so */
    void phase(String name, long offset) throws IOException;
  }

  private final Heard heard;
  private final byte[] line = new byte[MAX_LINE];
  private int length;
  /** Whether all of the line so far is in {@link #line}. */
  private boolean collecting = true;
  private long position;
  private int lines;

  PhaseScanner(Heard heard) {
    this.heard = heard;
  }

  void scan(byte[] bytes, int offset, int count) throws IOException {
    for (int i = offset; i < offset + count && lines < MAX_LINES; i++) {
      byte b = bytes[i];
      if (b == '\n' || b == '\r') {
        end(position + i - offset);
      } else if (collecting) {
        collect(b);
      }
    }
    position += count;
  }

  private void collect(byte b) {
    collecting = length < MAX_LINE
        && (length >= StructuredLine.PREFIX.length() || b == StructuredLine.PREFIX.at(length));
    if (collecting) {
      line[length++] = b;
    }
  }

  private void end(long end) throws IOException {
    if (collecting && length > StructuredLine.PREFIX.length()) {
      lines++;
      if (StructuredLine.parse(ByteString.copyOf(line, 0, length)).orElse(null) instanceof PhaseBegins(String phase)) {
        heard.phase(phase, end - length);
      }
    }
    length = 0;
    collecting = true;
  }
}
