package dev.kiln.check;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Directory.Entry;
import dev.kiln.castore.MissingDirectoryException;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.PathComponent;

/**
 * Compares two trees by the digests of their directories: looks into those alone whose digests differ. What only one tree has
 * is told once, by the directory that holds it all.
 */
final class TreeDiff {

  /**
   * Where the trees differ.
   *
   * @param truncated whether there are more differences than are told
   */
  record Result(List<Difference> differences, boolean truncated) {

    Result { differences = List.copyOf(differences); }
  }

  /** How many differences may be told, and of how many bytes of paths and link targets. */
  record Bounds(int differences, int bytes) {}

  /** Two directories of one name, gone through side by side. */
  private static final class Level {
    final @Nullable PathComponent name;
    private final Iterator<Entry> stored;
    private final Iterator<Entry> rebuilt;
    private @Nullable Entry left;
    private @Nullable Entry right;

    Level(@Nullable PathComponent name, Iterator<Entry> stored, Iterator<Entry> rebuilt) {
      this.name = name;
      this.stored = stored;
      this.rebuilt = rebuilt;
      left = next(stored);
      right = next(rebuilt);
    }

    /** @return the next name that either has, in the order of the names' bytes; {@code null} after the last */
    @Nullable
    Pair pair() {
      Entry was = left;
      Entry is = right;
      if (was == null && is == null) {
        return null;
      }
      int order = was == null ? 1 : is == null ? -1 : was.name().compareTo(is.name());
      if (order <= 0) {
        left = next(stored);
      }
      if (order >= 0) {
        right = next(rebuilt);
      }
      return new Pair(order <= 0 ? was : null, order >= 0 ? is : null);
    }

    private static @Nullable Entry next(Iterator<Entry> entries) {
      return entries.hasNext() ? entries.next() : null;
    }
  }

  /** At least one of them is there, and where both are, they have the same name. */
  private record Pair(@Nullable Entry stored, @Nullable Entry rebuilt) {

    PathComponent name() {
      if (stored != null) {
        return stored.name();
      }
      if (rebuilt != null) {
        return rebuilt.name();
      }
      throw new IllegalStateException("a pair of nothing");
    }
  }

  private final Castore castore;
  private final Bounds bounds;
  private final List<Difference> differences = new ArrayList<>();
  private final Deque<Level> way = new ArrayDeque<>();
  private long bytes;
  private boolean truncated;

  private TreeDiff(Castore castore, Bounds bounds) {
    this.castore = castore;
    this.bounds = bounds;
  }

  /** @throws MissingDirectoryException a directory of either tree is not in castore */
  static Result between(Castore castore, Node stored, Node rebuilt, Bounds bounds) throws IOException {
    TreeDiff diff = new TreeDiff(castore, bounds);
    diff.compare(null, Optional.of(stored), Optional.of(rebuilt));
    while (!diff.way.isEmpty() && !diff.truncated) {
      Pair pair = diff.way.element().pair();
      if (pair == null) {
        diff.way.pop();
      } else {
        diff.compare(pair.name(), node(pair.stored()), node(pair.rebuilt()));
      }
    }
    return new Result(diff.differences, diff.truncated);
  }

  private static Optional<Node> node(@Nullable Entry entry) {
    return entry == null ? Optional.empty() : Optional.of(entry.node());
  }

  private void compare(@Nullable PathComponent name, Optional<Node> stored, Optional<Node> rebuilt)
      throws IOException {
    if (stored.equals(rebuilt)) {
      return;
    }
    if (stored.orElse(null) instanceof DirectoryNode was && rebuilt.orElse(null) instanceof DirectoryNode is) {
      way.push(new Level(name, castore.directory(was).entries().iterator(),
          castore.directory(is).entries().iterator()));
      return;
    }
    long length = pathLength(name) + targetLength(stored) + targetLength(rebuilt);
    if (differences.size() == bounds.differences() || bytes + length > bounds.bytes()) {
      truncated = true;
      return;
    }
    bytes += length;
    differences.add(new Difference(path(name), stored, rebuilt));
  }

  private static long targetLength(Optional<Node> node) {
    return node.orElse(null) instanceof SymlinkNode(ByteString target) ? target.length() : 0;
  }

  /** Told before it is made: trees may be deep. */
  private long pathLength(@Nullable PathComponent name) {
    long length = name == null ? 0 : name.bytes().length();
    for (Level level : way) {
      length += level.name == null ? 0 : level.name.bytes().length() + 1;
    }
    return length;
  }

  private ByteString path(@Nullable PathComponent name) throws IOException {
    ByteArrayOutputStream path = new ByteArrayOutputStream();
    for (Iterator<Level> levels = way.descendingIterator(); levels.hasNext();) {
      PathComponent directory = levels.next().name;
      if (directory != null) {
        directory.bytes().writeTo(path);
        path.write('/');
      }
    }
    if (name != null) {
      name.bytes().writeTo(path);
    }
    return ByteString.owning(path.toByteArray());
  }
}
