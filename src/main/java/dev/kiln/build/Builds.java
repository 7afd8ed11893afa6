package dev.kiln.build;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import dev.kiln.storepath.StorePath;

/** The records of all builds. */
public interface Builds {

  /** Which builds to list; empty means any. */
  record Filter(Optional<StorePath> derivation, Optional<String> state) {}

  Optional<Build> find(UUID id);

  /** @return at most {@code limit} builds, the newest first, from the one after {@code offset} others */
  List<Build> list(Filter filter, int offset, int limit);

  /** Records builds, all of them {@link BuildState.Queued}. */
  void submit(Collection<Build> builds);

  void start(UUID id, Instant at);

  /** To be called in the transaction that registers the outputs. */
  void succeed(UUID id, Instant at, long logSize);

  void fail(UUID id, Instant at, BuildFailure failure, long logSize);

  /** Records that builds failed, all for the same reason, without a log. Those that have ended stay as they are. */
  void failAll(Collection<UUID> ids, Instant at, BuildFailure failure);

  /**
   * Marks builds that a Kiln left behind when it stopped.
   *
   * @return how many there were
   */
  int loseLive(Instant at);
}
