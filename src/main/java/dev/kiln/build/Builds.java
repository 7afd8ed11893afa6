package dev.kiln.build;

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
}
