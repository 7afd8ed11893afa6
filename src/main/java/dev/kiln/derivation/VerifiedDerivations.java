package dev.kiln.derivation;

import java.util.Collection;
import java.util.Collections;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import dev.kiln.storepath.StorePath;

/** Derivations that were verified and are kept somewhere, not necessarily in memory. */
public interface VerifiedDerivations {

  SortedSet<StorePath> paths();

  /**
   * Reads one of {@link #paths}, any number of times.
   *
   * @throws java.io.UncheckedIOException it cannot be read
   */
  KnownDerivation read(StorePath path);

  static VerifiedDerivations of(Collection<KnownDerivation> derivations) {
    SortedMap<StorePath, KnownDerivation> byPath = new TreeMap<>();
    derivations.forEach(known -> byPath.put(known.path(), known));
    SortedSet<StorePath> paths = Collections.unmodifiableSortedSet(new TreeSet<>(byPath.keySet()));
    return new VerifiedDerivations() {
      @Override
      public SortedSet<StorePath> paths() {
        return paths;
      }

      @Override
      public KnownDerivation read(StorePath path) {
        return Objects.requireNonNull(byPath.get(path));
      }
    };
  }
}
