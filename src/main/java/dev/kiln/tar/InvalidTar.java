package dev.kiln.tar;

import java.io.IOException;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.InvalidCastore;

/** Bytes that are not a tar, or one that is no file tree. The message quotes the offence, and no more of it than fits a line or two. */
public final class InvalidTar extends IOException {

  /** In characters. A name may have 64 KiB. */
  private static final int MAX_QUOTED = 300;

  private final long offset;

  InvalidTar(long offset, String offence) {
    super("tar, byte " + offset + ": " + shorten(offence));
    this.offset = offset;
  }

  InvalidTar(long offset, ByteString entry, String offence) {
    super("tar, byte " + offset + ", entry '" + quote(entry) + "': " + shorten(offence));
    this.offset = offset;
  }

  InvalidTar(long offset, ByteString entry, InvalidCastore cause) {
    this(offset, entry, String.valueOf(cause.getMessage()));
    initCause(cause);
  }

  /** @return where the entry begins, or where the offence was noticed, in bytes from the beginning */
  public long offset() {
    return offset;
  }

  static String quote(ByteString name) {
    // Cut before it is decoded: a character has no more than four bytes.
    return shorten(name.substring(0, Math.min(name.length(), 4 * MAX_QUOTED)).toString());
  }

  private static String shorten(String text) {
    return text.length() <= MAX_QUOTED ? text : text.substring(0, MAX_QUOTED) + "…";
  }
}
