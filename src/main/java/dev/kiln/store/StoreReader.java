package dev.kiln.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Instant;
import java.util.Optional;

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
  private final KnownRoots knownRoots;

  StoreReader(Realiser realiser, Castore castore, KnownRoots knownRoots) {
    this.realiser = realiser;
    this.castore = castore;
    this.knownRoots = knownRoots;
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
    return new Traversal<InterruptedException>(path -> realiser.await(path, until).root(), castore, links)
        .find(location);
  }

  /**
   * Finds what is at {@code location} if all store paths on the way are here, following symbolic links. Builds nothing, and says not
   * why there is nothing: {@link #find} does.
   */
  public Optional<FoundHere> findHere(Location location) throws IOException {
    KnownRoots.Visit visit = knownRoots.visit();
    try {
      Found found = new Traversal<KnownRoots.NotHere>(visit::root, castore, Links.FOLLOW).find(location);
      return Optional.of(new FoundHere(found, visit.staleAt()));
    } catch (KnownRoots.NotHere | StoreException _) {
      return Optional.empty();
    }
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
