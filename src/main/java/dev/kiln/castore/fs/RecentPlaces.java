package dev.kiln.castore.fs;

import java.util.Arrays;

import org.jspecify.annotations.Nullable;

import dev.kiln.castore.PackIndex.Place;
import dev.kiln.hash.Blake3Digest;

/**
 * Remembers where blobs lie, in a table of fixed size and without an object for each: 48 bytes for a place. A place may be forgotten
 * for another one whose digest begins alike; of those that begin alike, the one that came first.
 */
final class RecentPlaces {

  /** Of a place: its digest, its pack, and where in it. */
  private static final int WORDS = 6;
  /** Places that share what their digests begin with. */
  private static final int WAYS = 8;
  private static final int SETS = 256;
  private static final int SEGMENT_BYTES = SETS * WAYS * WORDS * Long.BYTES;

  private final Segment[] segments;

  /** @param bytes of the heap, no more than which are taken */
  RecentPlaces(int bytes) {
    segments = new Segment[Math.max(1, bytes / SEGMENT_BYTES)];
    Arrays.setAll(segments, _ -> new Segment());
  }

  @Nullable
  Place get(Blake3Digest digest) {
    return segmentOf(digest).get(digest);
  }

  void put(Blake3Digest digest, Place place) {
    segmentOf(digest).put(digest, place);
  }

  /** A digest is evenly distributed as it is. */
  private Segment segmentOf(Blake3Digest digest) {
    return segments[Math.floorMod((int) digest.a(), segments.length)];
  }

  /** Guarded by itself. */
  private static final class Segment {

    /** Made when it is needed: a Kiln that has just started remembers nothing. */
    private long[] words = {};
    /** For each set the way that is given up next. */
    private final byte[] next = new byte[SETS];

    synchronized @Nullable Place get(Blake3Digest digest) {
      int at = find(digest);
      if (at < 0) {
        return null;
      }
      long where = words[at + 5] - 1;
      return new Place(words[at + 4], (int) (where >>> Integer.SIZE), (int) where);
    }

    synchronized void put(Blake3Digest digest, Place place) {
      int at = find(digest);
      if (at < 0) {
        if (words.length == 0) {
          words = new long[SETS * WAYS * WORDS];
        }
        int set = setOf(digest);
        at = (set * WAYS + next[set]) * WORDS;
        next[set] = (byte) ((next[set] + 1) % WAYS);
        words[at] = digest.a();
        words[at + 1] = digest.b();
        words[at + 2] = digest.c();
        words[at + 3] = digest.d();
      }
      words[at + 4] = place.pack();
      // 0 says that there is nothing
      words[at + 5] = (((long) place.start() << Integer.SIZE) | place.length()) + 1;
    }

    /** @return where its words begin, or -1 */
    private int find(Blake3Digest digest) {
      if (words.length == 0) {
        return -1;
      }
      int first = setOf(digest) * WAYS * WORDS;
      for (int at = first; at < first + WAYS * WORDS; at += WORDS) {
        if (words[at] == digest.a() && words[at + 1] == digest.b() && words[at + 2] == digest.c()
            && words[at + 3] == digest.d() && words[at + 5] != 0) {
          return at;
        }
      }
      return -1;
    }

    private static int setOf(Blake3Digest digest) {
      return (int) (digest.b() & (SETS - 1));
    }
  }
}
