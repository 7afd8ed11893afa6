package dev.kiln.castore.fs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PackIndex;

/**
 * Forces the files of small packs to disk some time after they came, many at a time. Until then the database has what is in them:
 * a commit that names a pack's blobs keeps the pack too, so that whoever brought it waits for the disk once. Whatever stops,
 * the file or the row is whole:
 *
 * <ul>
 * <li>before the commit, the file may be here without a row: it is adopted at the next start, if it is sound;
 * <li>after it, a Kiln that is killed leaves the file in the system's memory, and a machine that stops leaves the row, of which
 * the next start, or another Kiln that has nothing to do, makes the file again;
 * <li>the row goes only after the file, and its name, were forced.
 * </ul>
 */
final class PackJournal implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(PackJournal.class);

  /** For so long packs gather: forced together, they share what the disk does for each. */
  private static final long GATHER_MILLIS = 2_000;
  /** After so long without a pack, it is time to look for others' that were forgotten. */
  private static final long IDLE_SECONDS = 20;

  private final PackIndex index;
  private final Packs packs;
  private final LongFunction<Path> temporary;
  /** Empty ones only wake the thread. */
  private final BlockingQueue<OptionalLong> waiting = new LinkedBlockingQueue<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;

  /**
   * Makes again what a machine that stopped lost, before anyone asks for it.
   *
   * @param temporary where a pack of that id may be written
   */
  PackJournal(PackIndex index, Packs packs, LongFunction<Path> temporary) {
    this.index = index;
    this.packs = packs;
    this.temporary = temporary;
    index.unforced().forEach(this::restore);
    this.thread = Thread.ofPlatform().name("pack-journal").daemon().start(this::run);
  }

  /** Takes a pack that is written. Its row need not be committed yet. */
  void submit(long pack) {
    waiting.add(OptionalLong.of(pack));
  }

  private void run() {
    Set<Long> seen = Set.of();
    try {
      while (closing.getCount() > 0) {
        OptionalLong first = waiting.poll(IDLE_SECONDS, TimeUnit.SECONDS);
        if (first != null) {
          closing.await(GATHER_MILLIS, TimeUnit.MILLISECONDS);
          force(first);
        } else {
          seen = restoreForgotten(seen);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void force(OptionalLong first) {
    List<OptionalLong> gathered = new ArrayList<>();
    gathered.add(first);
    waiting.drainTo(gathered);
    List<Long> ids = gathered.stream().flatMapToLong(OptionalLong::stream).boxed().toList();
    try {
      if (!ids.isEmpty()) {
        packs.force(ids);
        index.forced(ids);
      }
    } catch (IOException e) {
      log.warn("small packs are not forced to disk: {}", e.getMessage());
      ids.forEach(this::restore);
    } catch (DataAccessException e) {
      log.warn("small packs stay in the database for now: {}", e.getMessage());
    }
  }

  /**
   * Looks after the packs that were not forced when this was last called, and still are not: the Kiln that brought them has ended,
   * or their rows came late.
   *
   * @param seen what the last call returned
   * @return the packs to look at next time
   */
  private Set<Long> restoreForgotten(Set<Long> seen) {
    try {
      Set<Long> left = new HashSet<>(index.unforced());
      left.stream().filter(seen::contains).forEach(this::restore);
      return left;
    } catch (DataAccessException e) {
      log.warn("whether packs are left to be forced to disk is not known: {}", e.getMessage());
      return seen;
    }
  }

  private void restore(long pack) {
    try {
      Optional<ByteString> content = index.unforced(pack);
      if (content.isEmpty()) {
        return;
      }
      if (!packs.holds(pack, content.get())) {
        packs.write(pack, temporary.apply(pack), content.get());
        log.info("made pack {} again, which was lost", Packs.name(pack));
      }
      packs.force(List.of(pack));
      index.forced(List.of(pack));
    } catch (IOException | DataAccessException e) {
      log.error("pack {} is not forced to disk; what is in it stays in the database", Packs.name(pack), e);
    }
  }

  /** Forces what waits. */
  @Override
  public void close() {
    closing.countDown();
    waiting.add(OptionalLong.empty());
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
