package dev.kiln.build.web;

import java.io.IOException;
import java.nio.ByteBuffer;

import org.jspecify.annotations.Nullable;

import dev.kiln.build.StoredLog;
import dev.kiln.bytes.ByteString;

/**
 * Cuts a log that may be growing into lines, from any position. A line ends with LF, CR LF or CR, which a progress bar writes. A
 * line that is longer than {@value #MAX} bytes comes in pieces, which do not cut a character of UTF-8.
 */
final class LogLines {

  /** Of a piece, in bytes. */
  static final int MAX = 1 << 14;

  /**
   * What was cut.
   *
   * @param bytes without the line's end
   * @param begins whether a line begins with it
   * @param ends whether a line ends with it
   * @param end the position behind it and the line's end
   */
  record Piece(ByteString bytes, boolean begins, boolean ends, long end) {}

  private final byte[] buffer = new byte[2 * MAX];
  /** Where the buffer's first byte stands in the log. */
  private long base;
  private int from;
  private int limit;
  private boolean begins;
  private boolean afterCarriageReturn;

  /** @param position anywhere in the log, also within a line */
  LogLines(StoredLog log, long position) throws IOException {
    base = position;
    byte[] before = new byte[1];
    begins = position == 0;
    if (position > 0 && log.read(ByteBuffer.wrap(before), position - 1) == 1) {
      afterCarriageReturn = before[0] == '\r';
      begins = afterCarriageReturn || before[0] == '\n';
    }
  }

  /** @return where the next piece begins */
  long position() {
    return base + from;
  }

  /**
   * Cuts the next piece.
   *
   * @param all whether to give also what is not yet a whole line
   * @return null if there is nothing
   */
  @Nullable
  Piece next(StoredLog log, boolean all) throws IOException {
    Piece piece = cut();
    if (piece == null && fill(log)) {
      piece = cut();
    }
    return piece != null ? piece : cutUnfinished(all);
  }

  private @Nullable Piece cut() {
    skipLineFeed();
    int most = Math.min(limit, from + MAX);
    for (int i = from; i < most; i++) {
      if (buffer[i] == '\n' || buffer[i] == '\r') {
        ByteString line = ByteString.copyOf(buffer, from, i - from);
        afterCarriageReturn = buffer[i] == '\r';
        from = i + 1;
        skipLineFeed();
        return piece(line, true);
      }
    }
    return null;
  }

  /** The LF of a CR LF whose CR has ended a line already. */
  private void skipLineFeed() {
    if (afterCarriageReturn && from < limit) {
      if (buffer[from] == '\n') {
        from++;
      }
      afterCarriageReturn = false;
    }
  }

  private @Nullable Piece cutUnfinished(boolean all) {
    int most = Math.min(limit, from + MAX);
    if (most == from || !all && most - from < MAX) {
      return null;
    }
    int end = Utf8.wholeCharacters(buffer, from, most);
    ByteString part = ByteString.copyOf(buffer, from, end - from);
    from = end;
    return piece(part, false);
  }

  private Piece piece(ByteString bytes, boolean ends) {
    Piece piece = new Piece(bytes, begins, ends, position());
    begins = ends;
    return piece;
  }

  private boolean fill(StoredLog log) throws IOException {
    System.arraycopy(buffer, from, buffer, 0, limit - from);
    base += from;
    limit -= from;
    from = 0;
    boolean filled = false;
    while (limit < buffer.length) {
      int read = log.read(ByteBuffer.wrap(buffer, limit, buffer.length - limit), base + limit);
      if (read <= 0) {
        break;
      }
      limit += read;
      filled = true;
    }
    return filled;
  }
}
