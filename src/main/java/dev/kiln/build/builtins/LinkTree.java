package dev.kiln.build.builtins;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import dev.kiln.build.BuildException;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Directory;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.PathComponent;

/**
 * A tree of links to the files of packages, which grows package by package. A directory that one package has is a link to it;
 * one that several have is a directory with links (Nix: builtins/buildenv.cc, createLinks).
 */
final class LinkTree {

  private static final int MAX_LINKS = 1_000_000;
  /** What several packages have and nobody looks for in an environment. Compared with the end of a file's path. */
  private static final List<ByteString> LEFT_OUT = List.of(ByteString.utf8("/propagated-build-inputs"),
      ByteString.utf8("/nix-support"), ByteString.utf8("/perllocal.pod"), ByteString.utf8("/info/dir"),
      ByteString.utf8("/log"), ByteString.utf8("/manifest.nix"), ByteString.utf8("/manifest.json"));

  private final Castore castore;
  private final InputTrees inputs;
  private final ByteString out;
  private final Consumer<String> log;
  private final Branch root = new Branch();
  private int links;

  private sealed interface Grown {}

  private static final class Branch implements Grown {
    final Map<PathComponent, Grown> entries = new TreeMap<>();
  }

  private record Link(ByteString target, int priority) implements Grown {}

  /** A directory of a package that is being linked into {@code to}, whose path is {@code place}. */
  private record Linking(ByteString from, Iterator<Directory.Entry> entries, Branch to, ByteString place,
      int priority) {}

  /**
   * @param out the path of the tree, for messages
   * @param log takes warnings
   */
  LinkTree(Castore castore, InputTrees inputs, ByteString out, Consumer<String> log) {
    this.castore = castore;
    this.inputs = inputs;
    this.out = out;
    this.log = log;
  }

  /** @param priority the lower, the stronger: of two files with one name, the stronger package's is linked to */
  void add(ByteString from, int priority) throws IOException, InterruptedException {
    Deque<Linking> pending = new ArrayDeque<>();
    begin(from, root, out, priority, pending);
    while (!pending.isEmpty()) {
      if (Thread.interrupted()) {
        throw new InterruptedException("linking of '" + from + "'");
      }
      Linking linking = pending.element();
      if (linking.entries().hasNext()) {
        link(linking, linking.entries().next().name(), pending);
      } else {
        pending.pop();
      }
    }
  }

  private void begin(ByteString from, Branch to, ByteString place, int priority, Deque<Linking> pending)
      throws IOException {
    Node node = inputs.find(from).map(InputTrees.Found::node).orElseThrow(
        () -> new BuiltinFailed("opening directory '" + from + "': No such file or directory"));
    if (node instanceof DirectoryNode directory) {
      pending.push(new Linking(from, castore.directory(directory).entries().iterator(), to, place, priority));
    } else {
      log.accept("warning: not including '" + from + "' in the user environment because it's not a directory");
    }
  }

  private void link(Linking linking, PathComponent name, Deque<Linking> pending) throws IOException {
    if (name.bytes().at(0) == '.') {
      return;
    }
    ByteString file = InputTrees.below(linking.from(), name.bytes());
    ByteString place = InputTrees.below(linking.place(), name.bytes());
    Optional<InputTrees.Found> found = inputs.find(file);
    if (found.isEmpty()) {
      log.accept("warning: skipping dangling symlink '" + place + "'");
    } else if (LEFT_OUT.stream().noneMatch(end -> endsWith(file, end))) {
      @Nullable
      Grown there = linking.to().entries.get(name);
      if (there == null) {
        put(linking.to(), name, new Link(file, linking.priority()));
      } else if (found.get().node() instanceof DirectoryNode) {
        merge(linking, name, file, place, there, pending);
      } else {
        replace(linking, name, file, place, there);
      }
    }
  }

  private void merge(Linking linking, PathComponent name, ByteString file, ByteString place, Grown there,
      Deque<Linking> pending) throws IOException {
    switch (there) {
      case Branch branch -> begin(file, branch, place, linking.priority(), pending);
      case Link link -> {
        InputTrees.Found target = inputs.find(link.target()).orElseThrow();
        if (!(target.node() instanceof DirectoryNode)) {
          throw new BuiltinFailed("collision between '" + file + "' and non-directory '" + target.path() + "'");
        }
        Branch branch = new Branch();
        linking.to().entries.put(name, branch);
        // The last to begin is the first to be linked
        begin(file, branch, place, linking.priority(), pending);
        begin(target.path(), branch, place, link.priority(), pending);
      }
    }
  }

  private void replace(Linking linking, PathComponent name, ByteString file, ByteString place, Grown there)
      throws IOException {
    switch (there) {
      case Branch _ -> throw new BuiltinFailed("collision between non-directory '" + file + "' and directory '" + place
          + "'");
      case Link link -> {
        if (link.priority() == linking.priority()) {
          throw new BuiltinFailed("packages '" + file + "' and '" + link.target() + "' have the same priority "
              + link.priority() + "; use 'nix-env --set-flag priority NUMBER INSTALLED_PKGNAME' to change the priority"
              + " of one of the conflicting packages (0 being the highest priority)");
        }
        if (link.priority() > linking.priority()) {
          linking.to().entries.put(name, new Link(file, linking.priority()));
        }
      }
    }
  }

  private void put(Branch branch, PathComponent name, Link link) {
    if (++links > MAX_LINKS) {
      throw new BuildException.LimitExceeded("a user environment would have more than " + MAX_LINKS + " links");
    }
    branch.entries.put(name, link);
  }

  /** Makes a link at the top. */
  void link(PathComponent name, ByteString target) throws BuiltinFailed {
    if (root.entries.containsKey(name)) {
      throw new BuiltinFailed("creating symlink from '" + InputTrees.below(out, name.bytes()) + "' to '" + target
          + "': File exists");
    }
    put(root, name, new Link(target, 0));
  }

  /** @return the tree's root; all below it is durable */
  Node ingest() throws IOException {
    try (Ingest ingest = castore.ingest()) {
      Deque<Iterator<Map.Entry<PathComponent, Grown>>> open = new ArrayDeque<>();
      ingest.enterDirectory(null);
      open.push(root.entries.entrySet().iterator());
      while (!open.isEmpty()) {
        if (!open.element().hasNext()) {
          open.pop();
          ingest.leaveDirectory();
          continue;
        }
        Map.Entry<PathComponent, Grown> entry = open.element().next();
        switch (entry.getValue()) {
          case Branch branch -> {
            ingest.enterDirectory(entry.getKey());
            open.push(branch.entries.entrySet().iterator());
          }
          case Link link -> ingest.symlink(entry.getKey(), link.target());
        }
      }
      return ingest.sync();
    } catch (InvalidCastore e) {
      throw new BuiltinFailed("creating symlink: " + e.getMessage());
    }
  }

  private static boolean endsWith(ByteString path, ByteString end) {
    return path.length() >= end.length() && path.substring(path.length() - end.length(), path.length()).equals(end);
  }
}
