package dev.kiln.castore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

import dev.kiln.castore.Node.FileNode;

/**
 * Blobs in the order in which they will be wanted, the same one any number of times. Each is found once, so that it can be read again
 * and again without another search. Used by any number of threads.
 */
public interface BlobSequence {

  /** Finds blobs, many together. Used by one thread at a time. */
  interface Builder {

    /** @throws MissingBlobException if it, or one that was added before, is not here */
    void add(FileNode file) throws IOException;

    /** @return what the sequence takes of the heap so far, in bytes, more or less */
    long footprint();

    /**
     * Completes the sequence: each of its blobs is here. Nothing can be added any more.
     *
     * @throws MissingBlobException if one is not here
     */
    BlobSequence build() throws IOException;
  }

  /** Reads blobs, best from the first to the last. Used by the thread that made it. */
  interface Reader extends Closeable {

    /**
     * Fills what remains of {@code target}.
     *
     * @param number of the blob, the first one being 0
     * @param position in the blob, in bytes: as much as remains of {@code target} must follow, by the size that was added
     * @throws MissingBlobException if the blob is not here any more
     * @throws IOException if it is, and has another size
     */
    void read(int number, long position, ByteBuffer target) throws IOException;

    /**
     * Opens a blob as {@link Blobs#open} does, to be read as a file. The caller closes it before this reader is used again.
     *
     * @throws MissingBlobException if it is not here any more
     * @throws IOException if it is, and has another size
     */
    FileChannel open(int number) throws IOException;

    @Override
    void close();
  }

  /** @return what it takes of the heap, in bytes, more or less */
  long footprint();

  /**
   * Looks again, at much less cost than at first.
   *
   * @return whether all of it can be read where it was found; if not, it may have moved
   */
  boolean isHere();

  Reader reader();
}
