package dev.kiln.castore;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;

/** Is shown the nodes of a tree, without the content of files, in the order of {@link TreeSink}. */
public interface NodeVisitor {

  /** @param name is {@code null} for the root */
  void enter(@Nullable PathComponent name, DirectoryNode directory, Directory entries) throws IOException;

  void leave() throws IOException;

  void file(@Nullable PathComponent name, FileNode file) throws IOException;

  void symlink(@Nullable PathComponent name, SymlinkNode link) throws IOException;
}
