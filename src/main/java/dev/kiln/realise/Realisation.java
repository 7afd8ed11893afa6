package dev.kiln.realise;

import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.StorePath;

/** How a path that was asked for comes to be here. */
public sealed interface Realisation {

  record Here(PathInfo info) implements Realisation {}

  /**
   * A build that will give the path is under way.
   *
   * @param done completes when the path is here, or with a {@link RealiseException}
   */
  record Building(UUID build, StorePath derivation, CompletableFuture<Void> done) implements Realisation {}
}
