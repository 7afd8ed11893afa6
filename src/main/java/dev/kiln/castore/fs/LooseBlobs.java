package dev.kiln.castore.fs;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

import dev.kiln.bytes.ByteString;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.hash.InvalidHash;

/**
 * Moves the small blobs that an earlier Kiln kept as files of their own into packs, in the background, once. A file is deleted only when its
 * blob was read again from a pack that is durable and indexed, and had its digest; so whatever ends this, and whenever, each blob is
 * in its file or in a pack, and readers find it in either. Of the Kilns that share a directory one does it at a time.
 */
final class LooseBlobs implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(LooseBlobs.class);

  /** Says that no small blob is a file any more. */
  static final String DONE = "packed-blobs";
  private static final String LOCK = "packing.lock";

  /** Of a pack; memory holds their digests, and one of them at a time. */
  private static final int GROUP = 4_096;
  /** Lets a Kiln that has just started do first what it is asked for. */
  private static final Duration START = Duration.ofSeconds(10);
  /** After a failure, or while another Kiln is at it. */
  private static final Duration RETRY = Duration.ofMinutes(1);

  private final Path dir;
  private final FsBlobs files;
  private final PackedBlobs packed;
  private final Thread thread;

  /** What was done. */
  enum Outcome {
    /** No small blob is a file any more. */
    DONE,
    /** Files are left: their content is not what their names say, or that of a pack which has them too is not. */
    DAMAGED,
    /** Another Kiln is doing it. */
    ELSEWHERE
  }

  /** @param dir where {@code packed} is */
  LooseBlobs(Path dir, PackedBlobs packed) {
    this.dir = dir;
    this.files = packed.files();
    this.packed = packed;
    this.thread = Thread.ofPlatform().name("loose-blobs").daemon().unstarted(this::run);
  }

  void start() {
    if (!Files.exists(dir.resolve(DONE))) {
      thread.start();
    }
  }

  private void run() {
    try {
      Thread.sleep(START);
      while (!isOver()) {
        Thread.sleep(RETRY);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** @return whether nothing is left to be done before the next start */
  private boolean isOver() {
    try {
      return pack() != Outcome.ELSEWHERE;
    } catch (IOException | UncheckedIOException | DirectoryIteratorException | DataAccessException e) {
      if (!Thread.currentThread().isInterrupted()) {
        log.warn("small blobs that are files stay so for now: {}", e.toString());
      }
      return false;
    }
  }

  /** Does all of it, unless it is done already or another Kiln is at it. */
  Outcome pack() throws IOException {
    Path done = dir.resolve(DONE);
    if (Files.exists(done)) {
      return Outcome.DONE;
    }
    try (FileChannel channel = FileChannel.open(dir.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        return Outcome.ELSEWHERE;
      }
      return packAll(done);
    } catch (OverlappingFileLockException _) {
      return Outcome.ELSEWHERE;
    }
  }

  private Outcome packAll(Path done) throws IOException {
    long start = System.nanoTime();
    long seen = 0;
    long damaged = 0;
    List<Blake3Digest> group = new ArrayList<>();
    for (int shard = 0; shard < FsBlobs.SHARDS; shard++) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(files.shard(shard))) {
        for (Path entry : entries) {
          Optional<Blake3Digest> digest = small(entry);
          if (digest.isPresent() && group.add(digest.get()) && group.size() == GROUP) {
            damaged += pack(group);
            seen += group.size();
            group.clear();
          }
        }
      }
    }
    damaged += pack(group);
    seen += group.size();
    if (seen > damaged) {
      log.info("moved {} small blobs from files into packs in {} s", seen - damaged,
          (System.nanoTime() - start) / 1_000_000_000);
    }
    if (damaged > 0) {
      log.error("{} files of small blobs are left as they are", damaged);
      return Outcome.DAMAGED;
    }
    Files.createFile(done);
    return Outcome.DONE;
  }

  /** @return the digest of the small blob that is in {@code file}; nothing if it is another file */
  private Optional<Blake3Digest> small(Path file) throws IOException {
    Path parent = file.getParent();
    if (parent == null) {
      return Optional.empty();
    }
    try {
      Blake3Digest digest = Blake3Digest.parse(parent.getFileName().toString() + file.getFileName());
      return Files.size(file) < PackedBlobs.LARGE ? Optional.of(digest) : Optional.empty();
    } catch (InvalidHash | NoSuchFileException _) {
      return Optional.empty();
    }
  }

  /** @return how many were left, because they, or packs, are damaged */
  private int pack(List<Blake3Digest> group) throws IOException {
    List<Blake3Digest> moved = new ArrayList<>();
    List<Blake3Digest> notPacked = new ArrayList<>();
    Set<Blake3Digest> here = packed.here(group);
    for (Blake3Digest digest : group) {
      if (!here.contains(digest)) {
        notPacked.add(digest);
      } else if (packed.holdsInPack(digest)) {
        moved.add(digest);
      } else {
        log.error("blob {} is damaged in its pack; its file is left", digest);
      }
    }
    int from = 0;
    while (from < notPacked.size()) {
      from = writePack(notPacked, from, moved);
    }
    for (Blake3Digest digest : moved) {
      if (!packed.holdsInPack(digest)) {
        throw new IOException("blob " + digest + " cannot be read again from its pack");
      }
      Files.deleteIfExists(files.path(digest));
    }
    return group.size() - moved.size();
  }

  /**
   * Writes one pack, and makes it durable and visible.
   *
   * @param moved receives what is in it
   * @return the index of the first that is not in it
   */
  private int writePack(List<Blake3Digest> digests, int from, List<Blake3Digest> moved) throws IOException {
    long id = packed.newPack();
    Path temporary = packed.temporary(id);
    int at = from;
    List<Blake3Digest> written = new ArrayList<>();
    try (PackWriter writer = new PackWriter(id, temporary)) {
      for (; at < digests.size() && !writer.isFull(); at++) {
        Blake3Digest digest = digests.get(at);
        byte[] content = Files.readAllBytes(files.path(digest));
        if (Blake3.of(content).equals(digest)) {
          writer.add(digest, ByteString.owning(content));
          written.add(digest);
        } else {
          log.error("blob {} is damaged: its file has another content", digest);
        }
        requireNotInterrupted();
      }
      writer.finish();
      if (!written.isEmpty()) {
        packed.keepIndexed(writer);
      }
    } finally {
      Files.deleteIfExists(temporary);
    }
    moved.addAll(written);
    return at;
  }

  private static void requireNotInterrupted() throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new IOException("Kiln is ending");
    }
  }

  /** Waits until it has ended, which it does after the current blob. */
  @Override
  public void close() {
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
