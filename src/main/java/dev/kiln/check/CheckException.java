package dev.kiln.check;

import java.util.UUID;

import dev.kiln.storepath.StorePath;

/** Why a check is not begun, or not found. The message says it in a sentence that is fit for users. */
public sealed abstract class CheckException extends RuntimeException {

  private CheckException(String message) {
    super(message);
  }

  public static final class UnknownBuild extends CheckException {
    public UnknownBuild(UUID build) {
      super("no build " + build + " is on record");
    }
  }

  public static final class UnknownCheck extends CheckException {
    public UnknownCheck(UUID build, UUID check) {
      super("no check " + check + " of build " + build + " is on record");
    }
  }

  /** There is nothing to compare with. */
  public static final class NothingToCompare extends CheckException {
    /** @param reason why, after the derivation */
    public NothingToCompare(StorePath derivation, String reason) {
      super("'" + derivation + "' " + reason + ": there is nothing to compare another build of it with");
    }
  }
}
