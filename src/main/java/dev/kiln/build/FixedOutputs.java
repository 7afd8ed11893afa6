package dev.kiln.build;

import java.util.SortedSet;

import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;

/** What is promised of an output whose content is known beforehand (Nix: local-derivation-goal.cc, registerOutputs). */
public final class FixedOutputs {

  private FixedOutputs() {}

  /**
   * @param got the hash of what was made, by the promised method
   * @param references that its content has
   * @return what names the output from now on
   * @throws BuildException.HashMismatch unless the content is what it should be
   * @throws BuildException.OutputRejected if it refers to anything
   */
  public static ContentAddress verify(StorePath derivation, Fixed promised, NixHash got,
      SortedSet<StorePath> references) {
    if (!got.equals(promised.hash())) {
      throw new BuildException.HashMismatch(derivation, promised.hash(), got);
    }
    if (!references.isEmpty()) {
      throw new BuildException.OutputRejected(
          "illegal path references in fixed-output derivation '" + derivation + "': " + references);
    }
    return new ContentAddress.Fixed(promised.method(), got);
  }

  /** @return that a flat output is not the plain file that it has to be */
  public static BuildException notAPlainFile(StorePath output) {
    return new BuildException.OutputRejected("output path '" + output
        + "' should be a non-executable regular file since recursive hashing is not enabled (outputHashMode=flat)");
  }
}
