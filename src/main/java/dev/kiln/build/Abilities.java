package dev.kiln.build;

import java.util.Set;

import dev.kiln.derivation.BuildNeeds;
import dev.kiln.derivation.Derivation;
import dev.kiln.storepath.StorePath;

/** What this Kiln can build. */
public interface Abilities {

  /** @return the words of all {@link BuildNeeds} that it meets */
  Set<String> offered();

  /**
   * Checks whether this Kiln can build a derivation.
   *
   * @throws BuildException.CannotBuildHere naming what it needs and this Kiln has not
   * @throws BuildException.BadDerivation if what it needs is not told as it has to be
   */
  void requireCanBuild(StorePath path, Derivation derivation);
}
