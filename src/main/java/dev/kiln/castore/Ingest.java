package dev.kiln.castore;

import java.io.Closeable;
import java.io.IOException;

/** Takes one file tree into castore. Used by one thread at a time; closing it before {@link #sync} leaves no trace. */
public interface Ingest extends TreeSink, Closeable {

  /**
   * Makes all that the tree needs durable.
   *
   * @return the tree's root
   * @throws IllegalStateException if the tree is not complete
   */
  Node sync() throws IOException;
}
