package dev.kiln.tar;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Ingest;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.Node;
import dev.kiln.castore.PathComponent;

/** The names and nodes of a tree that is told of in any order, directories in part. Contents are elsewhere. */
final class GrowingTree {

  private final int maxEntries;
  private final int maxBytes;
  private final Branch root = new Branch();
  private int entries;
  private int bytes;

  /**
   * @param maxEntries without the root
   * @param maxBytes in all names and link targets
   */
  GrowingTree(int maxEntries, int maxBytes) {
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
  }

  private sealed interface Grown {}

  private static final class Branch implements Grown {
    final Map<PathComponent, Grown> entries = new TreeMap<>();
  }

  private record Leaf(Node node) implements Grown {}

  /** A name that nothing has, in a directory that is there. */
  static final class Place {

    private final Branch parent;
    private final PathComponent name;

    private Place(Branch parent, PathComponent name) {
      this.parent = parent;
      this.name = name;
    }

    /** @param node a file or a link */
    void fill(Node node) {
      parent.entries.put(name, new Leaf(node));
    }
  }

  /**
   * Makes a directory, and those above it, unless they are there.
   *
   * @throws InvalidCastore if one of them is something else
   */
  void directory(TarPath path) throws TooManyEntries {
    branch(path.names());
  }

  /**
   * Makes the directories above {@code path}, and finds the place of something else than a directory.
   *
   * @throws InvalidCastore if there is something already, or one of the directories is something else
   */
  Place place(TarPath path) throws TooManyEntries {
    if (path.names().isEmpty()) {
      throw new InvalidCastore("the top of the tree, which has to be a directory");
    }
    Branch parent = branch(path.names().subList(0, path.names().size() - 1));
    PathComponent name = path.names().getLast();
    if (parent.entries.containsKey(name)) {
      throw new InvalidCastore("an entry of this name was there before");
    }
    count(name.bytes().length());
    return new Place(parent, name);
  }

  /** @return the file or link at {@code path} */
  Optional<Node> find(TarPath path) {
    @Nullable
    Grown here = root;
    for (PathComponent name : path.names()) {
      here = here instanceof Branch branch ? branch.entries.get(name) : null;
    }
    return here instanceof Leaf leaf ? Optional.of(leaf.node()) : Optional.empty();
  }

  /** Counts what is kept beside names. */
  void countBytes(int more) throws TooManyEntries {
    if (more > maxBytes - bytes) {
      throw new TooManyEntries(maxBytes + " bytes of names and link targets");
    }
    bytes += more;
  }

  private void count(int nameLength) throws TooManyEntries {
    if (++entries > maxEntries) {
      throw new TooManyEntries(maxEntries + " entries");
    }
    countBytes(nameLength);
  }

  private Branch branch(List<PathComponent> names) throws TooManyEntries {
    Branch here = root;
    for (PathComponent name : names) {
      Grown next = here.entries.get(name);
      here = switch (next) {
        case null -> grow(here, name);
        case Branch branch -> branch;
        case Leaf _ -> throw new InvalidCastore("'" + name + "' in this name was there before, and is no directory");
      };
    }
    return here;
  }

  private Branch grow(Branch parent, PathComponent name) throws TooManyEntries {
    count(name.bytes().length());
    Branch grown = new Branch();
    parent.entries.put(name, grown);
    return grown;
  }

  /** Shows the whole tree in the order that {@link Ingest} wants. */
  void sendTo(Ingest ingest) throws IOException {
    Deque<Iterator<Map.Entry<PathComponent, Grown>>> open = new ArrayDeque<>();
    ingest.enterDirectory(null);
    open.push(root.entries.entrySet().iterator());
    while (!open.isEmpty()) {
      Iterator<Map.Entry<PathComponent, Grown>> rest = open.element();
      if (!rest.hasNext()) {
        open.pop();
        ingest.leaveDirectory();
        continue;
      }
      Map.Entry<PathComponent, Grown> entry = rest.next();
      switch (entry.getValue()) {
        case Branch branch -> {
          ingest.enterDirectory(entry.getKey());
          open.push(branch.entries.entrySet().iterator());
        }
        case Leaf leaf -> ingest.node(entry.getKey(), leaf.node());
      }
    }
  }
}
