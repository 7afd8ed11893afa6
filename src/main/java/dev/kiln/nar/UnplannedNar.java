package dev.kiln.nar;

import java.io.IOException;
import java.nio.ByteBuffer;

import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Castore;
import dev.kiln.castore.Directory;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.NodeVisitor;
import dev.kiln.castore.PathComponent;
import dev.kiln.nar.NarWriter.Output;

/** The NAR of a tree of which no plan can be kept: the tree is walked each time. */
final class UnplannedNar implements PreparedNar {

  private final Castore castore;
  private final Node root;

  private UnplannedNar(Castore castore, Node root) {
    this.castore = castore;
    this.root = root;
  }

  /**
   * @throws MissingBlobException a blob is not here
   * @throws dev.kiln.castore.MissingDirectoryException a directory is not here
   */
  static UnplannedNar of(Castore castore, Node root) throws IOException {
    castore.visit(root, new NodeVisitor() {
      @Override
      public void enter(@Nullable PathComponent name, DirectoryNode directory, Directory entries) {
        castore.blobs().expect(entries.files());
      }

      @Override
      public void leave() {}

      @Override
      public void file(@Nullable PathComponent name, FileNode file) throws IOException {
        if (!castore.blobs().contains(file.digest())) {
          throw new MissingBlobException(file.digest());
        }
      }

      @Override
      public void symlink(@Nullable PathComponent name, SymlinkNode link) {}
    });
    return new UnplannedNar(castore, root);
  }

  @Override
  public void write(long from, long to, ByteBuffer buffer, Output output) throws IOException {
    NarWriter.write(castore, root, from, to, buffer, output);
  }
}
