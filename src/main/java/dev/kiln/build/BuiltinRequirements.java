package dev.kiln.build;

/** What a derivation for a {@link Builtin} may require of this Kiln (Nix: parsed-derivations.cc, canBuildLocally): any system will do. */
public interface BuiltinRequirements {

  /**
   * Checks what {@code request} requires.
   *
   * @throws BuildException.CannotBuildHere naming the features that this Kiln has not
   * @throws BuildException.BadDerivation if what it needs is not told as it has to be
   */
  void check(BuildRequest request);
}
