package dev.kiln.build;

import java.io.OutputStream;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

import dev.kiln.bytes.ByteString;
import dev.kiln.hash.NixBase32;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/**
 * Finds the paths that a byte stream names: those whose 32 hash digits stand anywhere in it (Nix: references.cc). The stream
 * is the whole NAR of an output, so that entry names and link targets count as contents do.
 */
public final class ReferenceScanner extends OutputStream {

  private static final int LENGTH = StorePathHash.DIGITS;
  private static final boolean[] DIGIT = new boolean[256];

  static {
    for (int i = 0; i < NixBase32.DIGITS.length(); i++) {
      DIGIT[NixBase32.DIGITS.charAt(i)] = true;
    }
  }

  private final Map<ByteString, StorePath> candidates = new HashMap<>();
  /** By the first three digits, 15 bits, of a candidate: most runs of 32 digits that are no candidate end here. */
  private final boolean[] prefixes = new boolean[1 << 15];
  private final SortedSet<StorePath> found = new TreeSet<>();
  /** The last bytes of what came before, at most 31, then room for the first 31 of what comes. */
  private final byte[] seam = new byte[2 * (LENGTH - 1)];
  private int kept;

  public ReferenceScanner(Collection<StorePath> candidates) {
    for (StorePath candidate : candidates) {
      ByteString digits = ByteString.utf8(candidate.hash().toString());
      this.candidates.put(digits, candidate);
      prefixes[prefix(digits.toByteArray(), 0)] = true;
    }
  }

  /** @return those of the candidates that what was written so far names */
  public SortedSet<StorePath> found() {
    return new TreeSet<>(found);
  }

  @Override
  public void write(int b) {
    write(new byte[]{(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    int joined = Math.min(length, LENGTH - 1);
    System.arraycopy(bytes, offset, seam, kept, joined);
    scan(seam, 0, kept + joined);
    if (length >= LENGTH - 1) {
      scan(bytes, offset, offset + length);
      System.arraycopy(bytes, offset + length - (LENGTH - 1), seam, 0, LENGTH - 1);
      kept = LENGTH - 1;
    } else {
      int keep = Math.min(kept + length, LENGTH - 1);
      System.arraycopy(seam, kept + length - keep, seam, 0, keep);
      kept = keep;
    }
  }

  /** Looks at the last byte of a window first: where that is no digit, the next window begins behind it. */
  private void scan(byte[] bytes, int from, int to) {
    int window = from;
    while (window + LENGTH <= to) {
      int at = window + LENGTH - 1;
      while (at >= window && DIGIT[bytes[at] & 0xff]) {
        at--;
      }
      if (at >= window) {
        window = at + 1;
        continue;
      }
      int end = window + LENGTH;
      match(bytes, window);
      // All but the first digit of the next window are known to be digits: go on one by one while the run lasts
      while (end < to && DIGIT[bytes[end] & 0xff]) {
        end++;
        match(bytes, end - LENGTH);
      }
      window = end + 1;
    }
  }

  private void match(byte[] bytes, int at) {
    if (prefixes[prefix(bytes, at)]) {
      StorePath path = candidates.get(ByteString.copyOf(bytes, at, LENGTH));
      if (path != null) {
        found.add(path);
      }
    }
  }

  private static int prefix(byte[] digits, int at) {
    return (digits[at] & 31) << 10 ^ (digits[at + 1] & 31) << 5 ^ digits[at + 2] & 31;
  }
}
