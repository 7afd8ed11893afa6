package dev.kiln.derivation;

import dev.kiln.hash.NixHash;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePaths;

/** Texts that stand for output paths which are not known yet; the builder gets the paths in their place. */
public final class Placeholders {

  private static final String EXTENSION = ".drv";

  private Placeholders() {}

  /** @return for a derivation's own output: {@code builtins.placeholder} (Nix: derivations.cc, hashPlaceholder) */
  public static String ofOutput(String outputName) {
    return render("nix-output:" + outputName);
  }

  /**
   * @return for a floating output of an input derivation (Nix: downstream-placeholder.cc, unknownCaOutput)
   * @throws InvalidDerivation unless {@code derivation} ends in {@code .drv}
   */
  public static String ofInput(StorePath derivation, String outputName) {
    if (!derivation.isDerivation()) {
      throw new InvalidDerivation("'" + derivation + "' does not end in .drv");
    }
    String file = derivation.name().value();
    String name = file.substring(0, file.length() - EXTENSION.length());
    return render(
        "nix-upstream-output:" + derivation.hash() + ":" + StorePaths.outputPathName(name, outputName));
  }

  private static String render(String text) {
    return "/" + NixHash.sha256Of(text).base32();
  }
}
