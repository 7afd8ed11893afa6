package dev.kiln.hash;

import org.jspecify.annotations.Nullable;

/** Hashes neighbouring subtrees of one input at the same time. Has working memory: used by one thread at a time. */
interface Blake3Lanes {

  /** The largest {@code log} that {@link #compress} takes. */
  int MAX_LOG = 4;

  /** @return how many subtrees at a time: a power of two, at least 4 */
  int count();

  /**
   * @param input has {@code count() << log} whole chunks at {@code offset}
   * @param chunk the number of the first; a multiple of {@code 1 << log}
   * @param log the binary logarithm of the chunks in each subtree, up to {@link #MAX_LOG}
   * @param cvs receives {@code count()} chaining values, in the order of the input
   */
  void compress(byte[] input, int offset, long chunk, int log, byte[] cvs);

  /** Says which lanes an input gets. */
  @FunctionalInterface
  interface Source {

    /** No lanes: chunks go one by one. */
    Source NONE = () -> null;

    @Nullable
    Blake3Lanes get();
  }
}
