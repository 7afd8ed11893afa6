package dev.kiln.storepath;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;

/**
 * Hashes a NAR, or a file, that contains the path's own hash, which cannot be known before it is hashed: the digits are taken as NULs, and
 * where they stood is hashed after the end (Nix: references.cc, HashModuloSink).
 */
public final class SelfReferenceHash extends OutputStream {

  private static final int LENGTH = StorePathHash.DIGITS;

  private final HashAlgorithm algorithm;
  private final MessageDigest digest;
  private final byte[] self;
  private final List<Long> matches = new ArrayList<>();

  /** Not hashed yet; a match may begin in its last bytes. */
  private final byte[] window = new byte[1 << 16];
  private int filled;
  private long hashed;

  /** @param self as the content names itself: by these digits */
  public SelfReferenceHash(HashAlgorithm algorithm, StorePathHash self) {
    this.algorithm = algorithm;
    this.digest = algorithm.newDigest();
    this.self = self.toString().getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public void write(int b) {
    write(new byte[]{(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    int from = offset;
    while (from < offset + length) {
      int count = Math.min(offset + length - from, window.length - filled);
      System.arraycopy(bytes, from, window, filled, count);
      filled += count;
      from += count;
      if (filled == window.length) {
        blank();
        pass(filled - LENGTH + 1);
      }
    }
  }

  private void blank() {
    int at = 0;
    while (at + LENGTH <= filled) {
      if (Arrays.equals(window, at, at + LENGTH, self, 0, LENGTH)) {
        matches.add(hashed + at);
        Arrays.fill(window, at, at + LENGTH, (byte) 0);
        at += LENGTH;
      } else {
        at++;
      }
    }
  }

  private void pass(int count) {
    digest.update(window, 0, count);
    System.arraycopy(window, count, window, 0, filled - count);
    filled -= count;
    hashed += count;
  }

  /** @return to be asked once, at the end */
  public NixHash hash() {
    blank();
    pass(filled);
    matches.forEach(match -> digest.update(("|" + match).getBytes(StandardCharsets.US_ASCII)));
    return NixHash.finish(algorithm, digest);
  }
}
