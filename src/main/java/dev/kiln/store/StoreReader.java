package dev.kiln.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Instant;

import org.springframework.stereotype.Service;

import dev.kiln.castore.Castore;
import dev.kiln.castore.Directory;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.realise.RealiseException;
import dev.kiln.realise.Realiser;

/** Finds what store paths hold, building them where they are not here. */
@Service
public class StoreReader {

  private final Realiser realiser;
  private final Castore castore;

  StoreReader(Realiser realiser, Castore castore) {
    this.realiser = realiser;
    this.castore = castore;
  }

  /**
   * Finds what is at {@code location}, following symbolic links on the way.
   *
   * @param links whether to follow one that is at the end, too
   * @param until when to give up waiting for builds
   * @throws RealiseException a store path is not here
   * @throws StoreException there is nothing at the location
   */
  public Found find(Location location, Links links, Instant until) throws IOException, InterruptedException {
    return new Traversal(realiser, castore, links, until).find(location);
  }

  /** Opens a file's content. The caller closes it. */
  public FileChannel open(FileNode file) throws IOException {
    return castore.blobs().open(file.digest());
  }

  public Directory list(DirectoryNode directory) throws IOException {
    return castore.directory(directory);
  }

  /** What to do with a symbolic link at the end of a path. */
  public enum Links {
    FOLLOW, KEEP
  }
}
