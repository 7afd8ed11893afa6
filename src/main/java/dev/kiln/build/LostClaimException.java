package dev.kiln.build;

/** A build that was run here is not this replica's any more, so that nothing of it may be registered. */
public final class LostClaimException extends RuntimeException {

  public LostClaimException(Claim claim) {
    super("build " + claim.build() + " of '" + claim.derivation() + "' is not replica " + claim.replica()
        + "'s any more (fence " + claim.fence() + ")");
  }
}
