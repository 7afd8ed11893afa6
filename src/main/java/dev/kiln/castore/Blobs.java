package dev.kiln.castore;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.util.Collection;

import dev.kiln.castore.Node.FileNode;
import dev.kiln.hash.Blake3Digest;

/** Where the bytes of files are kept, each content once, named by its BLAKE3 digest. */
public interface Blobs {

  boolean contains(Blake3Digest digest);

  /**
   * Opens a blob to be read at any position, or sent. The caller closes it.
   *
   * @throws MissingBlobException if it is not here
   */
  FileChannel open(Blake3Digest digest) throws IOException;

  /** Opens blobs one after the other, as those of a tree are wanted. It may read ahead. Used by one thread at a time. */
  @FunctionalInterface
  interface Reader {

    /**
     * Opens a blob as {@link Blobs#open} does. The caller closes it before the next one is opened.
     *
     * @throws MissingBlobException if it is not here
     */
    FileChannel open(Blake3Digest digest) throws IOException;
  }

  default Reader reader() {
    return this::open;
  }

  /**
   * Makes sure that a blob is what a tree says of it.
   *
   * @return {@code blob}
   * @throws IOException if its size is another one; it is closed then
   */
  static FileChannel requireSize(FileChannel blob, FileNode file) throws IOException {
    long size = blob.size();
    if (size != file.size()) {
      blob.close();
      throw new IOException("blob " + file.digest() + " has " + size + " bytes, not " + file.size());
    }
    return blob;
  }

  /** Hears which files will be looked for next, so that they can be looked up together. They need not be here. */
  default void expect(Collection<FileNode> files) {}

  /** Begins to find blobs that will be wanted one after the other, more than once. */
  default BlobSequence.Builder sequence() {
    return OpenedSequence.builder(this);
  }

  /** Begins to take blobs in. Any number of batches may run at once, also with the same content. */
  Batch begin();

  /** Blobs on their way in. Used by one thread at a time. */
  interface Batch extends Closeable {

    /**
     * Reads {@code content} to its end and keeps it. An error while reading leaves nothing behind. Until {@link #sync}
     * the blob need not be visible, and a crash may lose it.
     */
    Blob put(InputStream content) throws IOException;

    /**
     * Does those parts of {@link #sync} that may take long, and need not be part of the transaction that {@code sync} is called
     * in. What it leaves are a few statements.
     */
    default void settle() throws IOException {}

    /**
     * Makes every blob put so far durable and visible. Also those that other batches put and this one only met: when this
     * returns, a path that needs them may be promised. Called in a transaction, it does so as far as that is committed.
     */
    void sync() throws IOException;

    /** Gives up what was put after the last {@link #sync}. */
    @Override
    void close() throws IOException;
  }

  /** @param size in bytes */
  record Blob(Blake3Digest digest, long size) {}
}
