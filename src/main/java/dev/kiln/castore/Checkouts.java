package dev.kiln.castore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** Trees of castore as files on this machine, shared by all who need them at the same time. */
public interface Checkouts {

  /**
   * Lays {@code root} out on disk, or finds it laid out: files 0444 or 0555, directories 0555, times 1 s after the epoch.
   *
   * @throws MissingBlobException a blob is absent
   */
  Checkout acquire(Node root) throws IOException;

  /** A tree that stays on disk until it is closed, and that nobody may write to. */
  interface Checkout extends Closeable {

    Path path();

    @Override
    void close();
  }
}
