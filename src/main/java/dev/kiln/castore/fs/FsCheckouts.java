package dev.kiln.castore.fs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Checkouts;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.posix.DirectoryCursor;
import dev.kiln.posix.DirectoryFd;
import dev.kiln.posix.TreeRemoval;

/**
 * A cache of trees on disk: {@code <boot id>/trees/<key>}, the key being what the root is. A tree gets its name only when it is
 * whole. Nothing is forced to disk, so nothing is trusted after the machine went down: each boot has its own area.
 */
public final class FsCheckouts implements Checkouts, Closeable {

  private static final System.Logger LOG = System.getLogger(FsCheckouts.class.getName());
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final String TEMPORARY = "tmp-";
  /** Evictions after which the copies of executables are looked through for those that nobody needs. */
  private static final int SWEEP_AFTER = 100;

  private final Castore castore;
  private final int maxTrees;
  private final Path treesPath;
  private final DirectoryFd trees;
  private final DirectoryFd executables;
  private final BlobLinks blobs;
  private final AtomicLong temporaries = new AtomicLong();
  private final AtomicLong evictions = new AtomicLong();
  /** Least recently used first. Guarded by itself; no input or output but a rename is done under its lock. */
  private final Map<String, Tree> known = new LinkedHashMap<>(16, 0.75f, true);

  /** A tree that is on disk, or will be. */
  private static final class Tree {
    final String key;
    /** Guarded by {@link #known}. */
    int users;
    /** Written under the lock of this, which the thread that lays it out holds meanwhile; final once nobody uses it. */
    boolean laidOut;

    Tree(String key, boolean laidOut) {
      this.key = key;
      this.laidOut = laidOut;
    }
  }

  /**
   * Takes over what an earlier Kiln left there since the machine was started, and deletes what is older.
   *
   * @param blobFile where a blob's file is, which has mode 0444 and is of 1 s after the epoch
   * @param directory of Kiln's own, best on the file system of the blobs; is made if it is not there
   * @param maxTrees how many to keep although nobody uses them
   */
  public FsCheckouts(Castore castore, Function<Blake3Digest, Path> blobFile, Path directory, int maxTrees)
      throws IOException {
    this(castore, blobFile, directory, maxTrees, Files.readString(BOOT_ID).strip());
  }

  FsCheckouts(Castore castore, Function<Blake3Digest, Path> blobFile, Path directory, int maxTrees, String bootId)
      throws IOException {
    this.castore = castore;
    this.maxTrees = maxTrees;
    Path area = directory.toAbsolutePath().resolve(bootId);
    treesPath = Files.createDirectories(area.resolve("trees"));
    trees = DirectoryFd.open(treesPath);
    executables = DirectoryFd.open(Files.createDirectories(area.resolve("executables")));
    blobs = new BlobLinks(castore.blobs(), blobFile, executables);
    removeOtherBoots(directory, ByteString.utf8(bootId));
    takeOver();
  }

  private static void removeOtherBoots(Path directory, ByteString bootId) throws IOException {
    try (DirectoryFd areas = DirectoryFd.open(directory)) {
      for (DirectoryFd.Entry area : areas.list()) {
        if (!area.name().equals(bootId)) {
          TreeRemoval.remove(areas, area.name());
        }
      }
    }
  }

  private void takeOver() throws IOException {
    for (DirectoryFd.Entry entry : trees.list()) {
      String name = entry.name().toString();
      if (name.startsWith(TEMPORARY)) {
        TreeRemoval.remove(trees, entry.name());
      } else {
        known.put(name, new Tree(name, true));
      }
    }
    blobs.removeHalfMade();
    blobs.sweep();
    evict();
  }

  @Override
  public Checkout acquire(Node root) throws IOException {
    Tree tree = use(key(root));
    boolean laidOut = false;
    try {
      layOutOnce(tree, root);
      laidOut = true;
    } finally {
      if (!laidOut) {
        release(tree);
      }
    }
    return new FsCheckout(tree);
  }

  private Tree use(String key) {
    synchronized (known) {
      Tree tree = known.computeIfAbsent(key, absent -> new Tree(absent, false));
      tree.users++;
      return tree;
    }
  }

  private void layOutOnce(Tree tree, Node root) throws IOException {
    synchronized (tree) {
      if (!tree.laidOut) {
        layOut(root, ByteString.utf8(tree.key));
        tree.laidOut = true;
      }
    }
  }

  private void layOut(Node root, ByteString key) throws IOException {
    ByteString temporary = temporary();
    try {
      try (var cursor = new DirectoryCursor(trees)) {
        castore.visit(root, new CheckoutWriter(cursor, temporary, blobs));
      }
      trees.rename(temporary, trees, key);
    } finally {
      // After the rename there is nothing of that name.
      TreeRemoval.remove(trees, temporary);
    }
  }

  private void release(Tree tree) {
    synchronized (known) {
      tree.users--;
      if (tree.users == 0 && !tree.laidOut) {
        known.remove(tree.key);
      }
    }
    evict();
  }

  /** Deletes unused trees beyond the bound. */
  private void evict() {
    for (ByteString temporary : moveAway()) {
      try {
        TreeRemoval.remove(trees, temporary);
        if (evictions.incrementAndGet() % SWEEP_AFTER == 0) {
          blobs.sweep();
        }
      } catch (IOException e) {
        LOG.log(System.Logger.Level.WARNING, "a tree that nobody uses is not wholly deleted; the next start will", e);
      }
    }
  }

  /** Takes the trees' names away at once, so that the same tree can be laid out anew while the old one is being deleted. */
  private List<ByteString> moveAway() {
    List<ByteString> moved = new ArrayList<>();
    synchronized (known) {
      long unused = known.values().stream().filter(tree -> tree.users == 0).count();
      for (Iterator<Tree> each = known.values().iterator(); each.hasNext() && unused > maxTrees;) {
        Tree tree = each.next();
        if (tree.users == 0) {
          ByteString temporary = temporary();
          try {
            trees.rename(ByteString.utf8(tree.key), trees, temporary);
            moved.add(temporary);
          } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "tree " + tree.key + " was not there", e);
          }
          each.remove();
          unused--;
        }
      }
    }
    return moved;
  }

  private ByteString temporary() {
    return ByteString.utf8(TEMPORARY + temporaries.incrementAndGet());
  }

  private static String key(Node root) {
    return switch (root) {
      case DirectoryNode directory -> directory.digest().hex() + "-directory";
      case FileNode file -> file.digest().hex() + (file.executable() ? "-executable" : "-file");
      case SymlinkNode link -> Blake3.of(link.target().toByteArray()).hex() + "-symlink";
    };
  }

  /** Leaves the trees on disk for the next start. */
  @Override
  public void close() throws IOException {
    trees.close();
    executables.close();
  }

  private final class FsCheckout implements Checkout {

    private final Tree tree;
    private final AtomicBoolean closed = new AtomicBoolean();

    FsCheckout(Tree tree) {
      this.tree = tree;
    }

    @Override
    public Path path() {
      return treesPath.resolve(tree.key);
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        release(tree);
      }
    }
  }
}
