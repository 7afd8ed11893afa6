package dev.kiln.register;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

import dev.kiln.derivation.DerivationFile;
import dev.kiln.storepath.StorePath;

/** The derivations of one request, in no particular order, each of which is what its name says. */
interface GivenDerivations {

  Set<StorePath> paths();

  /** @return the derivations that one of {@link #paths} needs, given as well or not */
  Collection<StorePath> inputs(StorePath derivation);

  /** @return the sources that any of them needs */
  SortedSet<StorePath> sources();

  /** @throws java.io.UncheckedIOException it cannot be read again */
  DerivationFile read(StorePath derivation);

  /** @return those in memory */
  static GivenDerivations of(Collection<DerivationFile> files) {
    Map<StorePath, DerivationFile> byPath = new HashMap<>();
    SortedSet<StorePath> sources = new TreeSet<>();
    for (DerivationFile file : files) {
      byPath.put(file.path(), file);
      sources.addAll(file.derivation().inputSources());
    }
    return new GivenDerivations() {
      @Override
      public Set<StorePath> paths() {
        return byPath.keySet();
      }

      @Override
      public Collection<StorePath> inputs(StorePath derivation) {
        return read(derivation).derivation().inputDerivations().keySet();
      }

      @Override
      public SortedSet<StorePath> sources() {
        return sources;
      }

      @Override
      public DerivationFile read(StorePath derivation) {
        return Objects.requireNonNull(byPath.get(derivation));
      }
    };
  }
}
