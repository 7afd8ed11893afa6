package dev.kiln.store;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.PathComponent;
import dev.kiln.store.StoreException.LinkLoop;
import dev.kiln.store.StoreException.NoSuchEntry;
import dev.kiln.store.StoreException.OutsideStore;
import dev.kiln.store.StoreReader.Links;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.StorePath;

/**
 * One way through the store, name by name, as Linux walks a path (path_resolution(7)).
 *
 * @param <E> what else may happen while the root of a store path is found
 */
final class Traversal<E extends Exception> {

  /** Knows what store paths are. */
  @FunctionalInterface
  interface Roots<E extends Exception> {
    Node of(StorePath path) throws IOException, E;
  }

  /** Links that Linux follows before it takes them for a loop (MAXSYMLINKS). */
  private static final int MAX_LINKS = 40;

  private static final ByteString STORE_PREFIX = ByteString.utf8(StorePath.STORE_DIR + "/");
  private static final ByteString PARENT = ByteString.utf8("..");
  private static final ByteString SELF = ByteString.utf8(".");

  private record Step(PathComponent name, Node node) {}

  private final Roots<E> roots;
  private final Castore castore;
  private final Links links;

  private final Deque<ByteString> ahead = new ArrayDeque<>();
  private final List<Step> steps = new ArrayList<>();
  private @Nullable StorePath path;
  private @Nullable Node root;
  private int linksFollowed;

  Traversal(Roots<E> roots, Castore castore, Links links) {
    this.roots = roots;
    this.castore = castore;
    this.links = links;
  }

  Found find(Location location) throws IOException, E {
    location.sub().components().forEach(component -> ahead.add(component.bytes()));
    enter(location.path());
    while (!ahead.isEmpty()) {
      ByteString name = ahead.pop();
      if (path != null) {
        requireDirectory();
      }
      if (name.equals(PARENT)) {
        leave();
      } else if (!name.isEmpty() && !name.equals(SELF)) {
        descend(name);
      }
    }
    if (path == null || root == null) {
      throw new OutsideStore("'" + location + "' leads to the store itself");
    }
    return new Found(Location.of(path, steps.stream().map(Step::name).toList()), node());
  }

  private void enter(StorePath wanted) throws IOException, E {
    path = wanted;
    root = roots.of(wanted);
    followIfLink();
  }

  private void descend(ByteString name) throws IOException, E {
    if (path == null) {
      enter(storePath(name));
      return;
    }
    PathComponent component = component(name);
    Node child = castore.directory(requireDirectory()).get(component)
        .orElseThrow(() -> new NoSuchEntry("'" + here() + "' has no entry '" + component + "'"));
    steps.add(new Step(component, child));
    followIfLink();
  }

  private void followIfLink() {
    if (!(node() instanceof SymlinkNode(ByteString target)) || ahead.isEmpty() && links == Links.KEEP) {
      return;
    }
    linksFollowed++;
    if (linksFollowed > MAX_LINKS) {
      throw new LinkLoop(
          "more than " + MAX_LINKS + " symbolic links lead from one to the next, the last at '" + here() + "'");
    }
    String from = here();
    leave();
    if (target.at(0) == '/') {
      if (!target.startsWith(STORE_PREFIX)) {
        throw new OutsideStore("the symbolic link '" + from + "' leads to '" + target + "', which is not in the store");
      }
      path = null;
      root = null;
      steps.clear();
      prepend(target.substring(STORE_PREFIX.length(), target.length()));
    } else {
      prepend(target);
    }
  }

  private void prepend(ByteString target) {
    int end = target.length();
    for (int i = end - 1; i >= -1; i--) {
      if (i == -1 || target.at(i) == '/') {
        ahead.push(target.substring(i + 1, end));
        end = i;
      }
    }
  }

  private void leave() {
    if (!steps.isEmpty()) {
      steps.removeLast();
    } else if (path != null) {
      path = null;
      root = null;
    } else {
      throw new OutsideStore("a symbolic link leads above " + StorePath.STORE_DIR);
    }
  }

  private Node node() {
    if (!steps.isEmpty()) {
      return steps.getLast().node();
    }
    if (root == null) {
      throw new IllegalStateException("not in a store path");
    }
    return root;
  }

  private DirectoryNode requireDirectory() {
    return switch (node()) {
      case DirectoryNode directory -> directory;
      case FileNode _ -> throw new NoSuchEntry("'" + here() + "' is a file, not a directory");
      case SymlinkNode _ -> throw new NoSuchEntry("'" + here() + "' is a symbolic link, not a directory");
    };
  }

  /** What a link's target says may be no name at all. */
  private PathComponent component(ByteString name) {
    try {
      return new PathComponent(name);
    } catch (InvalidCastore e) {
      throw new NoSuchEntry("'" + here() + "' cannot have what a symbolic link leads to: " + e.getMessage());
    }
  }

  private StorePath storePath(ByteString name) {
    try {
      return StorePath.parseBaseName(name.toString());
    } catch (InvalidStorePath e) {
      throw new NoSuchEntry("a symbolic link leads to '" + StorePath.STORE_DIR + "/" + name + "': " + e.getMessage());
    }
  }

  private String here() {
    return path == null ? StorePath.STORE_DIR : Location.of(path, steps.stream().map(Step::name).toList()).toString();
  }
}
