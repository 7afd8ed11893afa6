package dev.kiln.check;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import dev.kiln.build.BuildFailure;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** The records of all checks. */
public interface Checks {

  Optional<Check> find(UUID id);

  /** @return at most {@code limit} checks of a build's outputs, the newest first */
  List<Check> ofBuild(UUID build, int limit);

  /** @return at most {@code limit} checks that a path was compared in, the newest first */
  List<Check> ofPath(StorePath path, int limit);

  /** @return the check of a derivation that has not ended: there is one at most */
  Optional<Check> live(StorePathHash derivation);

  /**
   * Records a check that is {@link CheckState.Queued}. What another Kiln began and lost is not in its way.
   *
   * @param replica the Kiln that builds
   * @return whether it is recorded now: not if its derivation has one that has not ended
   */
  boolean submit(Check check, UUID replica);

  void start(UUID id, Instant at);

  /** @param outputs all of the derivation's */
  void compared(UUID id, Instant at, List<OutputComparison> outputs);

  void fail(UUID id, Instant at, BuildFailure failure);

  /**
   * Marks checks that Kilns left behind whose lease has run out.
   *
   * @return how many there were
   */
  int loseAbandoned(Instant at);
}
