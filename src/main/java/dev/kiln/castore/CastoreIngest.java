package dev.kiln.castore;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;

/**
 * Builds directories bottom up while their tree goes by. Directories wait in memory until there are many of them, and are
 * kept only after the blobs that they name are durable. What a huge tree left behind by then when it fails is named by nothing.
 */
final class CastoreIngest implements Ingest {

  /** Of encoded directories, in bytes. */
  private static final int MAX_WAITING = 4 << 20;

  private final Blobs.Batch blobs;
  private final Directories directories;

  private final Deque<Open> open = new ArrayDeque<>();
  private @Nullable Node root;

  private final List<Directory> waiting = new ArrayList<>();
  private int waitingBytes;

  CastoreIngest(Blobs.Batch blobs, Directories directories) {
    this.blobs = blobs;
    this.directories = directories;
  }

  /** A directory that was entered and not left. */
  private static final class Open {
    final @Nullable PathComponent name;
    final Directory.Builder entries = Directory.builder();
    @Nullable
    PathComponent last;

    Open(@Nullable PathComponent name) {
      this.name = name;
    }
  }

  @Override
  public void enterDirectory(@Nullable PathComponent name) {
    arrive(name);
    open.push(new Open(name));
  }

  @Override
  public void leaveDirectory() throws IOException {
    if (open.isEmpty()) {
      throw new InvalidCastore("a directory is left that was not entered");
    }
    Open left = open.pop();
    Directory directory = left.entries.build();
    waiting.add(directory);
    waitingBytes += directory.encodedLength();
    if (waitingBytes > MAX_WAITING) {
      flush();
    }
    keep(left.name, directory.node());
  }

  @Override
  public void file(@Nullable PathComponent name, boolean executable, long size, InputStream content)
      throws IOException {
    arrive(name);
    Blobs.Blob blob = blobs.put(content);
    if (blob.size() != size) {
      throw new IOException("file '" + (name == null ? "" : name) + "' has " + blob.size() + " bytes, not " + size);
    }
    keep(name, new FileNode(blob.digest(), size, executable));
  }

  @Override
  public void symlink(@Nullable PathComponent name, ByteString target) {
    arrive(name);
    keep(name, new SymlinkNode(target));
  }

  @Override
  public Blobs.Blob put(InputStream content) throws IOException {
    return blobs.put(content);
  }

  @Override
  public void node(@Nullable PathComponent name, Node node) {
    arrive(name);
    keep(name, node);
  }

  @Override
  public void settle() throws IOException {
    blobs.settle();
  }

  @Override
  public Node sync() throws IOException {
    Node complete = root;
    if (complete == null || !open.isEmpty()) {
      throw new IllegalStateException("the tree is not complete: " + open.size() + " directories are open");
    }
    flush();
    return complete;
  }

  @Override
  public void close() throws IOException {
    blobs.close();
  }

  /** Checks that a node of this name may come now, before anything of it is taken in. */
  private void arrive(@Nullable PathComponent name) {
    Open parent = open.peek();
    if (parent == null) {
      if (root != null) {
        throw new InvalidCastore("a second root" + (name == null ? "" : ", '" + name + "'"));
      }
      if (name != null) {
        throw new InvalidCastore("the root has a name, '" + name + "'");
      }
      return;
    }
    if (name == null) {
      throw new InvalidCastore("an entry of a directory has no name");
    }
    Directory.requireOrder(parent.last, name);
    parent.last = name;
  }

  private void keep(@Nullable PathComponent name, Node node) {
    Open parent = open.peek();
    if (parent == null || name == null) {
      root = node;
    } else {
      parent.entries.add(name, node);
    }
  }

  private void flush() throws IOException {
    blobs.sync();
    directories.putAll(waiting);
    waiting.clear();
    waitingBytes = 0;
  }
}
