package dev.kiln.castore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Directory.Entry;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;

/** File trees, kept as blobs and directories. */
public final class Castore {

  private final Blobs blobs;
  private final Directories directories;

  public Castore(Blobs blobs, Directories directories) {
    this.blobs = blobs;
    this.directories = directories;
  }

  /** Begins to take one tree in. */
  public Ingest ingest() {
    return new CastoreIngest(blobs.begin(), directories);
  }

  public Blobs blobs() {
    return blobs;
  }

  /** @throws MissingDirectoryException if it is not here */
  public Directory directory(DirectoryNode node) throws IOException {
    return directories.find(node.digest()).orElseThrow(() -> new MissingDirectoryException(node.digest()));
  }

  /**
   * Follows {@code path} down from {@code root}, name by name, and no symbolic link.
   *
   * @throws MissingDirectoryException a directory on the way is not here
   */
  public Descent descend(Node root, List<PathComponent> path) throws IOException {
    Node node = root;
    for (int depth = 0; depth < path.size(); depth++) {
      switch (node) {
        case DirectoryNode directory -> {
          @Nullable
          Node child = directory(directory).get(path.get(depth)).orElse(null);
          if (child == null) {
            return new Descent.Missing(depth);
          }
          node = child;
        }
        case FileNode file -> {
          return new Descent.NotADirectory(depth, file);
        }
        case SymlinkNode link -> {
          return new Descent.Link(depth, link, List.copyOf(path.subList(depth, path.size())));
        }
      }
    }
    return new Descent.Found(node);
  }

  /**
   * Shows a tree with its contents. Memory is bounded by the directories from the root to the current node.
   *
   * @throws MissingDirectoryException a directory is not here
   * @throws MissingBlobException a blob is not here
   */
  public void walk(Node root, TreeSink sink) throws IOException {
    visit(root, new NodeVisitor() {
      @Override
      public void enter(@Nullable PathComponent name, DirectoryNode directory, Directory entries) throws IOException {
        blobs.expect(entries.files());
        sink.enterDirectory(name);
      }

      @Override
      public void leave() throws IOException {
        sink.leaveDirectory();
      }

      @Override
      public void file(@Nullable PathComponent name, FileNode file) throws IOException {
        try (InputStream content = Channels.newInputStream(blobs.open(file.digest()))) {
          sink.file(name, file.executable(), file.size(), content);
        }
      }

      @Override
      public void symlink(@Nullable PathComponent name, SymlinkNode link) throws IOException {
        sink.symlink(name, link.target());
      }
    });
  }

  /**
   * Shows a tree without its contents, in the order of {@link TreeSink}.
   *
   * @throws MissingDirectoryException a directory is not here
   */
  public void visit(Node root, NodeVisitor visitor) throws IOException {
    Deque<Level> open = new ArrayDeque<>();
    show(null, root, visitor, open);
    while (!open.isEmpty()) {
      Level level = open.peek();
      if (level.entries.hasNext()) {
        Entry entry = level.entries.next();
        if (entry.node() instanceof DirectoryNode) {
          level.announce(directories);
        }
        show(entry.name(), entry.node(), visitor, open);
      } else {
        open.pop();
        visitor.leave();
      }
    }
  }

  /** A directory that is being shown, and how many of the directories in it the {@link Directories} were told of. */
  private static final class Level {

    final Iterator<Entry> entries;
    private final List<DirectoryNode> children;
    private int announced;
    private int shown;

    Level(Directory directory) {
      entries = directory.entries().iterator();
      children = directory.children();
    }

    /** Goes before each child that is a directory. */
    void announce(Directories directories) {
      if (shown++ == announced && children.size() > 1) {
        int end = Math.min(children.size(), announced + Directories.MAX_PREFETCH);
        directories.prefetch(children.subList(announced, end).stream().map(DirectoryNode::digest).toList());
        announced = end;
      }
    }
  }

  private void show(@Nullable PathComponent name, Node node, NodeVisitor visitor, Deque<Level> open)
      throws IOException {
    switch (node) {
      case DirectoryNode directory -> {
        Directory entries = directory(directory);
        visitor.enter(name, directory, entries);
        open.push(new Level(entries));
      }
      case FileNode file -> visitor.file(name, file);
      case SymlinkNode link -> visitor.symlink(name, link);
    }
  }
}
