package dev.kiln.build;

import java.io.OutputStream;

/** Turns a derivation whose inputs are here into its outputs. Any number of builds may run at once. */
public interface Builder {

  /** Qualifies the builder that runs programs. */
  String SANDBOX = "sandbox";

  /**
   * Builds, and makes the content of every output durable in castore, but registers nothing. When it returns or throws, no
   * process of the build is left, nor any file of it outside castore.
   *
   * @param log takes what the builder prints, byte for byte, while it runs; stays open
   * @return every output
   * @throws BuildException if there is no result
   * @throws InterruptedException if the thread was interrupted, which ends the build
   */
  BuildResult build(BuildRequest request, OutputStream log) throws InterruptedException;
}
