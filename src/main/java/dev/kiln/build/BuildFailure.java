package dev.kiln.build;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

import dev.kiln.build.BuildException.BadDerivation;
import dev.kiln.build.BuildException.BuilderFailed;
import dev.kiln.build.BuildException.CannotBuildHere;
import dev.kiln.build.BuildException.HashMismatch;
import dev.kiln.build.BuildException.LimitExceeded;
import dev.kiln.build.BuildException.MachineFailed;
import dev.kiln.build.BuildException.OutputRejected;
import dev.kiln.build.BuildException.TimedOut;

/**
 * Why a build failed.
 *
 * @param message a sentence for users
 * @param exitCode of the builder, where it ended by itself
 * @param failedInput the build that failed, where this one failed for want of its outputs
 */
public record BuildFailure(Kind kind, String message, OptionalInt exitCode, Optional<UUID> failedInput) {

  /** What kind of failure it was: what a reader could do about it differs. */
  public enum Kind {
    CANNOT_BUILD_HERE, BAD_DERIVATION, BUILDER_FAILED, TIMED_OUT, LIMIT_EXCEEDED, OUTPUT_REJECTED, HASH_MISMATCH, MACHINE_FAILED, MISSING_INPUT, INPUT_FAILED;

    /** @return whether the derivation has no part in it, so that another attempt may go well */
    public boolean isMachines() {
      return this == MACHINE_FAILED;
    }

    /** @return whether it would fail again, as far as anyone knows */
    public boolean isRemembered() {
      return switch (this) {
        case BAD_DERIVATION, BUILDER_FAILED, TIMED_OUT, LIMIT_EXCEEDED, OUTPUT_REJECTED, HASH_MISMATCH -> true;
        case CANNOT_BUILD_HERE, MACHINE_FAILED, MISSING_INPUT, INPUT_FAILED -> false;
      };
    }
  }

  public static BuildFailure of(BuildException e) {
    OptionalInt exitCode = e instanceof BuilderFailed failed ? OptionalInt.of(failed.exitCode()) : OptionalInt.empty();
    return new BuildFailure(kind(e), String.valueOf(e.getMessage()), exitCode, Optional.empty());
  }

  private static Kind kind(BuildException e) {
    return switch (e) {
      case CannotBuildHere _ -> Kind.CANNOT_BUILD_HERE;
      case BadDerivation _ -> Kind.BAD_DERIVATION;
      case BuilderFailed _ -> Kind.BUILDER_FAILED;
      case TimedOut _ -> Kind.TIMED_OUT;
      case LimitExceeded _ -> Kind.LIMIT_EXCEEDED;
      case OutputRejected _ -> Kind.OUTPUT_REJECTED;
      case HashMismatch _ -> Kind.HASH_MISMATCH;
      case MachineFailed _ -> Kind.MACHINE_FAILED;
    };
  }
}
