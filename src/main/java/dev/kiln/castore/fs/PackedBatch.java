package dev.kiln.castore.fs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Blobs.Batch;
import dev.kiln.castore.Blobs.Blob;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;

/**
 * Writes small blobs to packs, which wait in {@code tmp} for {@link #sync}, and leaves large ones to {@link FsBatch}. Small ones
 * are looked up many at a time: those that are here are not written again.
 */
final class PackedBatch implements Batch {

  /** Small blobs that are looked up together, and how many bytes of them wait for it at most. */
  private static final int GROUP = 1_024;
  private static final int GROUP_BYTES = 1 << 20;

  private final PackedBlobs blobs;
  private final byte[] buffer = new byte[PackedBlobs.LARGE];
  private @Nullable Batch large;
  private boolean closed;

  private record Waiting(Blake3Digest digest, ByteString content) {}

  private final List<Waiting> group = new ArrayList<>();
  private int groupBytes;
  /** Of the group and of the pack that is being written. */
  private final Set<Blake3Digest> seen = new HashSet<>();

  private @Nullable PackWriter writer;
  /** Complete, and in memory. */
  private final List<PackWriter> small = new ArrayList<>();
  private final List<Long> finished = new ArrayList<>();

  PackedBatch(PackedBlobs blobs) {
    this.blobs = blobs;
  }

  @Override
  public Blob put(InputStream content) throws IOException {
    requireOpen();
    int length = content.readNBytes(buffer, 0, buffer.length);
    if (length == buffer.length) {
      return large().put(new SequenceInputStream(new ByteArrayInputStream(buffer), content));
    }
    Blob blob = new Blob(Blake3.of(buffer, 0, length), length);
    if (seen.add(blob.digest())) {
      group.add(new Waiting(blob.digest(), ByteString.owning(Arrays.copyOf(buffer, length))));
      groupBytes += length;
      if (group.size() == GROUP || groupBytes >= GROUP_BYTES) {
        writeGroup();
      }
    }
    return blob;
  }

  private Batch large() {
    Batch batch = large;
    if (batch == null) {
      batch = blobs.beginLarge();
      large = batch;
    }
    return batch;
  }

  private void writeGroup() throws IOException {
    Set<Blake3Digest> here = blobs.here(group.stream().map(Waiting::digest).toList());
    for (Waiting blob : group) {
      if (!here.contains(blob.digest())) {
        PackWriter pack = writer();
        pack.add(blob.digest(), blob.content());
        if (pack.isFull()) {
          finish(pack);
        }
      }
    }
    group.clear();
    groupBytes = 0;
  }

  private PackWriter writer() throws IOException {
    PackWriter pack = writer;
    if (pack == null) {
      long id = blobs.newPack();
      pack = new PackWriter(id, blobs.temporary(id));
      writer = pack;
    }
    return pack;
  }

  private void finish(PackWriter pack) throws IOException {
    pack.finish();
    pack.close();
    if (pack.isInMemory()) {
      small.add(pack);
    } else {
      finished.add(pack.id());
    }
    writer = null;
    // what comes again later is written again, rather than that all digests of a huge batch are remembered
    seen.clear();
  }

  @Override
  public void settle() throws IOException {
    requireOpen();
    writeGroup();
    if (writer != null) {
      finish(writer);
    }
    seen.clear();
    if (large != null) {
      large.sync();
    }
    while (!finished.isEmpty()) {
      blobs.keep(finished.getLast());
      finished.removeLast();
    }
  }

  @Override
  public void sync() throws IOException {
    settle();
    while (!small.isEmpty()) {
      blobs.keepSmall(small.getLast());
      small.removeLast();
    }
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try (Batch _ = large; PackWriter unfinished = writer) {
      if (unfinished != null && !unfinished.isInMemory()) {
        finished.add(unfinished.id());
      }
    }
    for (long id : finished) {
      Path file = blobs.temporary(id);
      Files.deleteIfExists(file);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the batch is closed");
    }
  }
}
