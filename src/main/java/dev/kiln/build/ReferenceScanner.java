package dev.kiln.build;

import java.io.OutputStream;
import java.util.Arrays;
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

  private static final int GRAM = 3;
  private static final int GRAMS = 1 << 5 * GRAM;
  /** Behind a gram that is in no candidate, one may begin with all but the first of its digits. */
  private static final int FARTHEST = LENGTH - GRAM + 1;

  /** Of a digit, by its byte; -1 for other bytes. */
  private static final byte[] VALUE = new byte[256];

  static {
    Arrays.fill(VALUE, (byte) -1);
    for (int i = 0; i < NixBase32.DIGITS.length(); i++) {
      VALUE[NixBase32.DIGITS.charAt(i)] = (byte) i;
    }
  }

  private final Map<ByteString, StorePath> candidates = new HashMap<>();
  /** By the last three digits of a window: how far away the next window is that could be a candidate; 0 if this one could. */
  private final byte[] shifts = new byte[GRAMS];
  private final SortedSet<StorePath> found = new TreeSet<>();
  /** The last bytes of what came before, at most 31, then room for the first 31 of what comes. */
  private final byte[] seam = new byte[2 * (LENGTH - 1)];
  private int kept;

  public ReferenceScanner(Collection<StorePath> candidates) {
    Arrays.fill(shifts, (byte) FARTHEST);
    for (StorePath candidate : candidates) {
      ByteString digits = ByteString.utf8(candidate.hash().toString());
      this.candidates.put(digits, candidate);
      byte[] bytes = digits.toByteArray();
      for (int last = GRAM - 1; last < LENGTH; last++) {
        int gram = VALUE[bytes[last - 2]] << 10 | VALUE[bytes[last - 1]] << 5 | VALUE[bytes[last]];
        shifts[gram] = (byte) Math.min(shifts[gram], LENGTH - 1 - last);
      }
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

  /**
   * Looks at the end of each window. Where that has a byte that is no digit, the next window begins behind it, which the
   * processor foresees for most bytes of most files; else the search is that of Wu and Manber for many words.
   */
  private void scan(byte[] bytes, int from, int to) {
    int last = from + LENGTH - 1;
    while (last < to) {
      int c = VALUE[bytes[last] & 0xff];
      int b = VALUE[bytes[last - 1] & 0xff];
      int a = VALUE[bytes[last - 2] & 0xff];
      if (c < 0) {
        last += LENGTH;
      } else if (b < 0) {
        last += LENGTH - 1;
      } else if (a < 0) {
        last += LENGTH - 2;
      } else {
        int shift = shifts[a << 10 | b << 5 | c];
        if (shift == 0) {
          match(bytes, last - LENGTH + 1);
          shift = 1;
        }
        last += shift;
      }
    }
  }

  private void match(byte[] bytes, int at) {
    StorePath path = candidates.get(ByteString.copyOf(bytes, at, LENGTH));
    if (path != null) {
      found.add(path);
    }
  }
}
