package dev.kiln.castore;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Blobs.Blob;

/** Takes one file tree into castore. Used by one thread at a time; closing it before {@link #sync} leaves no trace. */
public interface Ingest extends TreeSink, Closeable {

  /**
   * Takes in the content of a file before its place in the tree comes: see {@link #node}. A content that no node names is kept all the
   * same, named by nothing.
   */
  Blob put(InputStream content) throws IOException;

  /**
   * Takes a node whose contents are here: {@link #put} by this ingest, or durable since before. Nobody looks whether they are.
   *
   * @param name is {@code null} for the root
   */
  void node(@Nullable PathComponent name, Node node) throws IOException;

  /**
   * Does what of {@link #sync} may take long: whoever calls that in a transaction calls this before it begins, rather than hold a
   * connection while the disk works.
   */
  void settle() throws IOException;

  /**
   * Makes all that the tree needs durable; in a transaction, as far as that is committed.
   *
   * @return the tree's root
   * @throws IllegalStateException if the tree is not complete
   */
  Node sync() throws IOException;
}
