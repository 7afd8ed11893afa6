package dev.kiln.build.builtins;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.PathComponent;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.StorePath;

/** The files of an input closure, by the paths that a builder would have. Nothing else is there. */
final class InputTrees {

  /** As the kernel has it. */
  private static final int MAX_LINKS = 40;
  private static final int MAX_PATH = 4095;
  private static final List<ByteString> STORE = List.of(ByteString.utf8("nix"), ByteString.utf8("store"));

  private final Castore castore;
  private final Map<ByteString, Node> roots = new HashMap<>();

  InputTrees(Castore castore, SortedMap<StorePath, PathInfo> closure) {
    this.castore = castore;
    closure.forEach((path, info) -> roots.put(ByteString.utf8(path.baseName()), info.root()));
  }

  /**
   * Something that is no link.
   *
   * @param path absolute, without links
   */
  record Found(ByteString path, Node node) {}

  /** A place that was walked to: names from the root, and what is there. Above the store's paths are only directories. */
  private record Step(ByteString name, Optional<Node> node) {}

  /**
   * Follows links, the last one too.
   *
   * @return nothing if there is nothing of that name, or a file where a directory should be
   * @throws BuiltinFailed for what is no path, or a loop of links
   */
  Optional<Found> find(ByteString path) throws IOException {
    requirePath(path);
    Deque<ByteString> pending = new ArrayDeque<>();
    push(path, pending);
    List<Step> here = new ArrayList<>();
    for (int links = 0; !pending.isEmpty();) {
      ByteString name = pending.pop();
      if (name.equals(ByteString.utf8("."))) {
        continue;
      }
      if (name.equals(ByteString.utf8(".."))) {
        if (!here.isEmpty()) {
          here.removeLast();
        }
        continue;
      }
      Optional<Step> next = step(here, name);
      if (next.isEmpty()) {
        return Optional.empty();
      }
      if (next.get().node().orElse(null) instanceof SymlinkNode link) {
        if (++links > MAX_LINKS) {
          throw new BuiltinFailed("getting status of '" + path + "': Too many levels of symbolic links");
        }
        if (link.target().at(0) == '/') {
          here.clear();
        }
        push(link.target(), pending);
      } else {
        here.add(next.get());
      }
    }
    return here.isEmpty() ? Optional.empty()
        : here.getLast().node().map(node -> new Found(joined(here), node));
  }

  private static void requirePath(ByteString path) throws BuiltinFailed {
    if (path.isEmpty() || path.at(0) != '/' || path.contains(0)) {
      throw new BuiltinFailed("'" + path + "' is not an absolute path");
    }
    if (path.length() > MAX_PATH) {
      throw new BuiltinFailed("getting status of '" + path + "': File name too long");
    }
  }

  private Optional<Step> step(List<Step> here, ByteString name) throws IOException {
    if (here.size() < STORE.size()) {
      return name.equals(STORE.get(here.size())) ? Optional.of(new Step(name, Optional.empty())) : Optional.empty();
    }
    Optional<Node> next = Optional.empty();
    if (here.size() == STORE.size()) {
      next = Optional.ofNullable(roots.get(name));
    } else if (here.getLast().node().orElse(null) instanceof DirectoryNode directory) {
      next = castore.directory(directory).get(component(name));
    }
    return next.map(node -> new Step(name, Optional.of(node)));
  }

  private static PathComponent component(ByteString name) throws BuiltinFailed {
    try {
      return new PathComponent(name);
    } catch (InvalidCastore e) {
      throw new BuiltinFailed("'" + name + "': " + e.getMessage());
    }
  }

  private static void push(ByteString path, Deque<ByteString> pending) {
    List<ByteString> names = new ArrayList<>();
    for (int from = 0; from < path.length();) {
      int slash = path.indexOf('/', from);
      int to = slash < 0 ? path.length() : slash;
      if (to > from) {
        names.add(path.substring(from, to));
      }
      from = to + 1;
    }
    Collections.reverse(names);
    names.forEach(pending::push);
  }

  private static ByteString joined(List<Step> steps) {
    ByteString path = ByteString.EMPTY;
    for (Step step : steps) {
      path = below(path, step.name());
    }
    return path;
  }

  /** @return {@code parent}, a slash, {@code name} */
  static ByteString below(ByteString parent, ByteString name) {
    byte[] bytes = new byte[parent.length() + 1 + name.length()];
    parent.copyTo(0, bytes, 0, parent.length());
    bytes[parent.length()] = '/';
    name.copyTo(0, bytes, parent.length() + 1, name.length());
    return ByteString.owning(bytes);
  }
}
