package dev.kiln.build;

import java.io.OutputStream;

/** A builder that is no program but a part of Nix, and here of Kiln (Nix: builtins.hh). Any number of builds may run at once. */
public interface Builtin {

  /** What stands before the name where a derivation names such a builder. */
  String PREFIX = "builtin:";

  /** @return without {@link #PREFIX} */
  String name();

  /**
   * Builds on the same terms as {@link Builder#build}.
   *
   * @param log takes what there is to say, line by line; stays open
   */
  BuildResult build(BuildRequest request, OutputStream log) throws InterruptedException;
}
