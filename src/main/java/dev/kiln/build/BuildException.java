package dev.kiln.build;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import dev.kiln.hash.NixHash;
import dev.kiln.storepath.StorePath;

/** Why a build has no result. The message says it in a sentence that is fit for users. */
public sealed abstract class BuildException extends RuntimeException {

  private BuildException(String message) {
    super(message);
  }

  private BuildException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** This Kiln builds nothing, or not for this system, or has not what the derivation requires. Another Kiln might. */
  public static final class CannotBuildHere extends BuildException {
    /** @param message why not, and what would help */
    public CannotBuildHere(String message) {
      super(message);
    }
  }

  /** The derivation contradicts itself, or asks for what no Kiln gives it. Nothing was run. */
  public static final class BadDerivation extends BuildException {
    /** @param message naming the derivation and the attribute */
    public BadDerivation(String message) {
      super(message);
    }
  }

  /** The builder ended, but not with exit code 0. */
  public static final class BuilderFailed extends BuildException {
    private final int exitCode;

    /** @param exitCode 1 to 255; 128 + n for death by signal n */
    public BuilderFailed(int exitCode) {
      super(exitCode > 128
          ? "builder failed due to signal " + (exitCode - 128)
          : "builder failed with exit code " + exitCode);
      this.exitCode = exitCode;
    }

    public int exitCode() {
      return exitCode;
    }
  }

  /** The builder was killed because it ran, or was silent, for too long. */
  public static final class TimedOut extends BuildException {
    public TimedOut(String limit, Duration after) {
      super("builder was killed after " + after.toSeconds() + " seconds (" + limit + ")");
    }
  }

  /** The builder was killed because it used more than it may: log, files. */
  public static final class LimitExceeded extends BuildException {
    public LimitExceeded(String message) {
      super(message);
    }
  }

  /** The builder ended well, but what it left is not what the derivation promises or Nix allows. */
  public static final class OutputRejected extends BuildException {
    public OutputRejected(String message) {
      super(message);
    }
  }

  /** A fixed output is not what the derivation says beforehand. */
  public static final class HashMismatch extends BuildException {
    private final transient NixHash specified;
    private final transient NixHash got;

    public HashMismatch(StorePath derivation, NixHash specified, NixHash got) {
      super("hash mismatch in fixed-output derivation '" + derivation + "': specified: " + specified.sri() + ", got: "
          + got.sri());
      this.specified = specified;
      this.got = got;
    }

    public NixHash specified() {
      return specified;
    }

    public NixHash got() {
      return got;
    }
  }

  /** The build ended for a reason of this machine's: no process, no disk, no sandbox. It is worth another try. */
  public static final class MachineFailed extends BuildException {
    public MachineFailed(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
