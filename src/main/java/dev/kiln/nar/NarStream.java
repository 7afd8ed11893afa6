package dev.kiln.nar;

import java.io.IOException;
import java.nio.channels.FileChannel;

import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Blobs;
import dev.kiln.castore.Directory;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.NodeVisitor;
import dev.kiln.castore.PathComponent;

/** Writes the NAR of the tree that it is shown, or a part of it. Files that lie outside the part are not opened. */
final class NarStream implements NodeVisitor {

  /** Says that the part is complete; not an error, and so without a stack trace. */
  static final class Complete extends IOException {
    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  private final Blobs blobs;
  private final Blobs.Reader reader;
  private final NarPart part;

  private int depth;

  NarStream(Blobs blobs, NarPart part) {
    this.blobs = blobs;
    this.reader = blobs.reader();
    this.part = part;
  }

  @Override
  public void enter(@Nullable PathComponent name, DirectoryNode directory, Directory entries) throws IOException {
    blobs.expect(entries.files());
    beginNode(name);
    part.words(NarFormat.DIRECTORY);
    depth++;
  }

  @Override
  public void leave() throws IOException {
    depth--;
    endNode();
  }

  @Override
  public void file(@Nullable PathComponent name, FileNode file) throws IOException {
    beginNode(name);
    part.beginFile(file.executable(), file.size());
    if (part.wants(file.size())) {
      try (FileChannel blob = Blobs.requireSize(reader.open(file.digest()), file)) {
        part.content(file.size(), blob);
      }
    } else {
      part.pass(file.size());
    }
    part.padding(file.size());
    endNode();
  }

  @Override
  public void symlink(@Nullable PathComponent name, SymlinkNode link) throws IOException {
    beginNode(name);
    part.words(NarFormat.SYMLINK);
    part.string(link.target());
    endNode();
  }

  private void beginNode(@Nullable PathComponent name) throws IOException {
    if (part.isComplete()) {
      throw new Complete();
    }
    if (name == null) {
      part.words(NarFormat.HEADER);
    } else {
      part.beginEntry(name.bytes().toByteArray(), 0, name.bytes().length());
    }
  }

  private void endNode() throws IOException {
    part.endNode(depth == 0);
  }
}
