package dev.kiln.castore.fs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

import dev.kiln.castore.Blobs.Batch;
import dev.kiln.castore.Blobs.Blob;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

/**
 * Blobs that wait in a directory of their own, named by their digests, for {@link #sync}. So a batch of any number of blobs takes
 * no memory for them, and one that is given up leaves nothing.
 */
final class FsBatch implements Batch {

  /** Files that are made durable together. */
  private static final int GROUP = 1000;

  private static final Set<PosixFilePermission> READ_ONLY = PosixFilePermissions.fromString("r--r--r--");
  private static final FileTime ONE_SECOND = FileTime.fromMillis(1000);

  private final FsBlobs blobs;
  private final Path dir;
  private final Path incoming;
  private final BitSet touchedShards = new BitSet(FsBlobs.SHARDS);
  private final byte[] buffer = new byte[1 << 16];
  private boolean closed;

  FsBatch(FsBlobs blobs, Path dir) {
    this.blobs = blobs;
    this.dir = dir;
    this.incoming = dir.resolve("incoming");
  }

  @Override
  public Blob put(InputStream content) throws IOException {
    requireOpen();
    int length = content.readNBytes(buffer, 0, buffer.length);
    try {
      return length < buffer.length ? putSmall(length) : putLarge(content);
    } finally {
      Files.deleteIfExists(incoming);
    }
  }

  /** Keeps what is in the buffer, without a write if it is there already. */
  private Blob putSmall(int length) throws IOException {
    Blob blob = new Blob(Blake3.of(buffer, 0, length), length);
    if (!meet(blob)) {
      try (FileChannel out = FileChannel.open(incoming, CREATE_NEW, WRITE)) {
        write(out, length);
      }
      keep(blob);
    }
    return blob;
  }

  /** Keeps what is in the buffer, which is full, and what follows it. */
  private Blob putLarge(InputStream content) throws IOException {
    Blob blob;
    try (FileChannel out = FileChannel.open(incoming, CREATE_NEW, WRITE)) {
      blob = LargeBlob.write(buffer, content, out);
    }
    if (!meet(blob)) {
      keep(blob);
    }
    return blob;
  }

  private void keep(Blob blob) throws IOException {
    Files.setPosixFilePermissions(incoming, READ_ONLY);
    Files.setLastModifiedTime(incoming, ONE_SECOND);
    Files.move(incoming, waiting(blob.digest()), StandardCopyOption.ATOMIC_MOVE);
  }

  private void write(FileChannel out, int length) throws IOException {
    for (ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, length); bytes.hasRemaining();) {
      out.write(bytes);
    }
  }

  /** @return whether the blob is there, or waits in this batch. A file of another size is damaged, and gets replaced */
  private boolean meet(Blob blob) throws IOException {
    touchedShards.set(FsBlobs.shardOf(blob.digest()));
    return hasSize(waiting(blob.digest()), blob.size()) || hasSize(blobs.path(blob.digest()), blob.size());
  }

  private static boolean hasSize(Path file, long size) throws IOException {
    try {
      return Files.size(file) == size;
    } catch (NoSuchFileException _) {
      return false;
    }
  }

  private Path waiting(Blake3Digest digest) {
    return dir.resolve(digest.hex());
  }

  /**
   * The bytes are durable before a blob gets its name, because a crash must not leave a name over missing bytes. The shards
   * are forced also for blobs that were only met: whoever put them may not have come to it yet.
   */
  @Override
  public void sync() throws IOException {
    requireOpen();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(dir)) {
      List<Path> group = new ArrayList<>();
      for (Path file : files) {
        group.add(file);
        if (group.size() == GROUP) {
          moveIntoPlace(group);
          group.clear();
        }
      }
      moveIntoPlace(group);
    }
    Durability.force(touchedShards.stream().mapToObj(blobs::shard).toList());
    touchedShards.clear();
  }

  private void moveIntoPlace(List<Path> files) throws IOException {
    Durability.force(files);
    for (Path file : files) {
      Blake3Digest digest = Blake3Digest.parse(file.getFileName().toString());
      Files.move(file, blobs.path(digest), StandardCopyOption.ATOMIC_MOVE);
    }
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      TemporaryFiles.delete(dir);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the batch is closed");
    }
  }
}
