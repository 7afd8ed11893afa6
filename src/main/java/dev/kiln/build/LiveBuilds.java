package dev.kiln.build;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/**
 * The builds that have not ended, of all replicas: at most one for each derivation. A build waits for its inputs, is queued,
 * then runs; what ends it releases those that wait for it, or ends them with it. Each call is a transaction, or part of the
 * caller's.
 */
public interface LiveBuilds {

  /** The name under which a build's end is announced to all replicas. */
  String CHANNEL = "kiln_build";

  /** @param remembered whether it has failed, which answers for the derivation; else it has not ended */
  record Live(UUID build, StorePath derivation, boolean remembered) {}

  /** @return a build of one of {@code derivations} that has not ended; else one whose failure is remembered */
  Optional<Live> find(Collection<StorePathHash> derivations);

  /**
   * Submits what is not live yet, all or nothing. Retries where another replica's submission is in the way. What is live already
   * becomes as urgent as {@code wish} is; if it is {@code wanted} itself, it is still to be wanted ({@link Wishes#want}).
   *
   * @param orders each with all of its inputs that are not there, inputs before what needs them
   * @param wanted one of them
   */
  Submission submit(List<BuildOrder> orders, StorePath wanted, Wish wish);

  /**
   * Begins a build that is queued and needs nothing that the replica does not offer: the most urgent first, of these one of whoever has
   * the fewest running, then of whose turn was longest ago, and of those the one that the most wait for, one after the other.
   *
   * @param except builds that are run here, whatever the database says: it may have forgotten by a crash
   * @return empty if there is none, or if the replica holds no lease
   */
  Optional<Claim> claim(UUID replica, Collection<UUID> except);

  /**
   * Ends a build. To be called in the transaction that registers its outputs, before that.
   *
   * @return how many builds are queued now that waited for it
   * @throws LostClaimException the build is not the claim's any more, or its replica's lease has run out
   */
  int succeed(Claim claim, long logSize, BuildMeasures measures);

  /**
   * Ends a build, and all that wait for it, directly or not.
   *
   * @param remembered how long the failure answers for the derivation
   * @return the builds that ended
   * @throws LostClaimException the build is not the claim's any more
   */
  List<UUID> fail(Claim claim, BuildFailure failure, long logSize, Duration remembered);

  /**
   * Queues a running build again.
   *
   * @param after not before this has passed
   * @param failedAttempt whether it counts as one of the attempts that a build has
   * @throws LostClaimException the build is not the claim's any more
   */
  void giveBack(Claim claim, Duration after, boolean failedAttempt);

  /**
   * Makes a running build wait for another, which is submitted unless it is live.
   *
   * @return that it waits, or is queued again because the other is built; or that the other failed not long ago, and nothing
   *     was changed
   * @throws LostClaimException the build is not the claim's any more
   */
  Submission waitFor(Claim claim, StorePath first);

  /**
   * Ends a build that has not ended, and all that wait for it.
   *
   * @return the builds that ended; none if it had
   */
  List<UUID> cancel(UUID build, String message);

  /** Makes the derivation of a failed build, and of the one that it failed for, be built again when they are wanted. */
  void forget(UUID build);

  /** Tells all replicas that builds have ended, once the transaction is committed. */
  void announce(Collection<UUID> builds);

  /** @return those of {@code builds} that have ended */
  List<BuildEnd> ended(Collection<UUID> builds);

  /** @return what {@code replica} runs, as far as the database knows */
  List<Claim> runningOn(UUID replica);

  /** @return claims of replicas whose lease has run out */
  List<Claim> abandoned();

  /** @return how many builds could be begun now, but at most {@code limit} */
  int queued(int limit);
}
