package dev.kiln.build.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

import dev.kiln.bytes.ByteString;

/** Reads a stream with another text, of the same length, in place of one: wherever it stands, from the left. */
final class RewritingInputStream extends InputStream {

  private final InputStream in;
  private final byte[] from;
  private final byte[] to;

  /** What was read: up to {@code ready} it is as it will be, after that a match may begin that goes on beyond the end. */
  private final byte[] window = new byte[1 << 16];
  private int at;
  private int ready;
  private int end;
  private boolean ended;

  /** @param from not empty, and much shorter than 64 KiB */
  RewritingInputStream(InputStream in, ByteString from, ByteString to) {
    if (from.length() != to.length()) {
      throw new IllegalArgumentException("'" + to + "' is not as long as '" + from + "'");
    }
    this.in = in;
    this.from = from.toByteArray();
    this.to = to.toByteArray();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (at == ready) {
      if (ended) {
        return -1;
      }
      fill();
    }
    int count = Math.min(length, ready - at);
    System.arraycopy(window, at, target, offset, count);
    at += count;
    return count;
  }

  private void fill() throws IOException {
    System.arraycopy(window, ready, window, 0, end - ready);
    end -= ready;
    at = 0;
    int read = in.read(window, end, window.length - end);
    if (read < 0) {
      ended = true;
      ready = end;
      return;
    }
    end += read;
    ready = rewrite();
  }

  /** @return where a match may begin that is not all here yet */
  private int rewrite() {
    int i = 0;
    while (i + from.length <= end) {
      if (window[i] == from[0] && Arrays.equals(window, i, i + from.length, from, 0, from.length)) {
        System.arraycopy(to, 0, window, i, to.length);
        i += to.length;
      } else {
        i++;
      }
    }
    return i;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
