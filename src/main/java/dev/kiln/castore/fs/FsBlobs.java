package dev.kiln.castore.fs;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;

import dev.kiln.castore.Blobs;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.hash.Blake3Digest;

/**
 * Each blob a file: {@code blobs/ab/cdef…}, in 256 directories named by the first byte of the digest. The files have mode 0444 and are of
 * 1 s after the epoch, so that trees can be laid out with hard links to them. Blobs on their way in stand in {@code tmp}, a
 * directory for each batch, and come into place whole, by a rename, when their bytes are durable.
 */
public final class FsBlobs implements Blobs, Closeable {

  static final int SHARDS = 256;

  private final Path blobs;
  private final TemporaryFiles temporaryFiles;

  /**
   * Deletes what batches left behind whose Kilns have ended.
   *
   * @param dir is made if it is not there. Several Kilns may use it at the same time
   */
  public FsBlobs(Path dir) throws IOException {
    blobs = dir.resolve("blobs");
    temporaryFiles = TemporaryFiles.open(dir);
    for (int shard = 0; shard < SHARDS; shard++) {
      Files.createDirectories(shard(shard));
    }
    Durability.force(blobs);
    Durability.force(dir);
  }

  @Override
  public boolean contains(Blake3Digest digest) {
    return Files.exists(path(digest));
  }

  @Override
  public FileChannel open(Blake3Digest digest) throws IOException {
    try {
      return FileChannel.open(path(digest), StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      MissingBlobException missing = new MissingBlobException(digest);
      missing.initCause(e);
      throw missing;
    }
  }

  @Override
  public Batch begin() {
    try {
      return new FsBatch(this, temporaryFiles.createDirectory());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** @return where the blob is, or would be */
  public Path path(Blake3Digest digest) {
    String hex = digest.hex();
    return blobs.resolve(hex.substring(0, 2)).resolve(hex.substring(2));
  }

  Path shard(int shard) {
    return blobs.resolve(HexFormat.of().toHexDigits((byte) shard));
  }

  /** @return 0 to 255 */
  static int shardOf(Blake3Digest digest) {
    return (int) (digest.a() >>> 56);
  }

  TemporaryFiles temporaryFiles() {
    return temporaryFiles;
  }

  @Override
  public void close() throws IOException {
    temporaryFiles.close();
  }
}
