package dev.kiln.castore.fs;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedRuntimeException;

import dev.kiln.castore.PackIndex;
import dev.kiln.castore.PackIndex.PackedBlob;
import dev.kiln.castore.PackIndex.Place;
import dev.kiln.hash.Blake3Digest;

/**
 * Indexes packs that are kept already, after the one who brought them has gone on. Until then their blobs are found here. What is
 * left when Kiln ends is indexed when it starts again, or by another that has nothing to do.
 */
final class PackIndexer implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(PackIndexer.class);

  /** Blobs, of about 150 bytes each, that wait. Who brings more waits too. */
  private static final int MAX_WAITING = 100_000;
  private static final long RETRY_SECONDS = 1;
  /** After so long without a pack, it is time to look for others' that were forgotten. */
  static final Duration IDLE = Duration.ofSeconds(20);

  private record Pack(long id, List<PackedBlob> blobs) {}

  private final PackIndex index;
  private final Packs files;
  private final Duration idle;
  private final Map<Blake3Digest, Place> waiting = new ConcurrentHashMap<>();
  private final Semaphore room = new Semaphore(MAX_WAITING);
  private final BlockingQueue<Pack> packs = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile boolean closed;

  /** @param idle after how long without a pack it looks for others' that were forgotten: those that it sees twice */
  PackIndexer(PackIndex index, Packs files, Duration idle) {
    this.index = index;
    this.files = files;
    this.idle = idle;
    this.thread = Thread.ofPlatform().name("pack-indexer").daemon().start(this::run);
  }

  /** @return where a blob is that waits */
  @Nullable
  Place find(Blake3Digest digest) {
    return waiting.get(digest);
  }

  /** Takes a pack that is registered, of at most {@value #MAX_WAITING} blobs. They are found when this returns. */
  void submit(long pack, List<PackedBlob> blobs) throws InterruptedIOException {
    try {
      room.acquire(blobs.size());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while pack " + Packs.name(pack) + " waited to be indexed");
    }
    blobs.forEach(blob -> waiting.put(blob.digest(), blob.place()));
    packs.add(new Pack(pack, List.copyOf(blobs)));
  }

  private void run() {
    Set<Long> seen = Set.of();
    try {
      while (!closed) {
        Pack pack = packs.poll(idle.toMillis(), TimeUnit.MILLISECONDS);
        if (pack != null) {
          index(pack);
        } else {
          seen = indexForgotten(seen);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Indexes the packs that were not when this was last called, and still are not: the Kiln that brought them has ended, or is slow.
   *
   * @param seen what the last call returned
   * @return the packs to look at next time
   */
  private Set<Long> indexForgotten(Set<Long> seen) {
    try {
      Set<Long> left = new HashSet<>(index.notIndexed());
      left.stream().filter(seen::contains).forEach(this::indexForgotten);
      return left;
    } catch (NestedRuntimeException e) {
      report("whether packs are left to be indexed is not known", e);
      return seen;
    }
  }

  private void indexForgotten(long pack) {
    try {
      index.index(pack, files.table(pack));
      log.info("indexed pack {}, which another Kiln left", Packs.name(pack));
    } catch (IOException e) {
      log.debug("pack {} of another Kiln cannot be indexed", Packs.name(pack), e);
    }
  }

  /**
   * @param e Spring's exception of a statement, or of a transaction that could not begin: they have no nearer ancestor in common. One of
   *          a statement that was broken off by {@link #close} is no news.
   */
  private void report(String what, NestedRuntimeException e) {
    if (!closed) {
      log.warn("{}: {}", what, e.getMessage());
    }
  }

  private void index(Pack pack) throws InterruptedException {
    while (!closed) {
      try {
        index.index(pack.id(), pack.blobs());
        pack.blobs().forEach(blob -> waiting.remove(blob.digest(), blob.place()));
        room.release(pack.blobs().size());
        return;
      } catch (NestedRuntimeException e) {
        report("pack " + Packs.name(pack.id()) + " is not indexed yet", e);
        TimeUnit.SECONDS.sleep(RETRY_SECONDS);
      }
    }
  }

  /** Ends the thread before the database goes away that it writes to. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
