package dev.kiln.nar;

import java.io.IOException;
import java.io.OutputStream;

import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Castore;
import dev.kiln.castore.Directory;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.MissingDirectoryException;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.NodeVisitor;
import dev.kiln.castore.PathComponent;

/** Makes NARs of trees in castore. */
public final class NarWriter {

  private final Castore castore;

  public NarWriter(Castore castore) {
    this.castore = castore;
  }

  /**
   * Writes {@code root} as a NAR (Nix: archive.cc) and leaves {@code sink} open.
   *
   * @return bytes written
   * @throws MissingBlobException a blob is absent; {@code sink} then holds a prefix
   * @throws MissingDirectoryException a directory is absent; {@code sink} then holds a prefix
   */
  public long write(Node root, OutputStream sink) throws IOException {
    NarSink nar = new NarSink(sink);
    castore.walk(root, nar);
    return nar.size();
  }

  /**
   * Says what {@link #write} would write, without a look at any file's content.
   *
   * @return in bytes
   * @throws MissingDirectoryException a directory is absent
   * @throws InvalidCastore it would have more than 2^63 bytes
   */
  public long size(Node root) throws IOException {
    Size size = new Size();
    castore.visit(root, size);
    return size.bytes;
  }

  private static final class Size implements NodeVisitor {

    private long bytes = NarFormat.HEADER.length;

    @Override
    public void enter(@Nullable PathComponent name, DirectoryNode directory, Directory entries) {
      add(name, NarFormat.DIRECTORY.length);
    }

    @Override
    public void leave() {}

    @Override
    public void file(@Nullable PathComponent name, FileNode file) {
      add(name, file.executable() ? NarFormat.EXECUTABLE.length : NarFormat.FILE.length);
      addString(file.size());
    }

    @Override
    public void symlink(@Nullable PathComponent name, SymlinkNode link) {
      add(name, NarFormat.SYMLINK.length);
      addString(link.target().length());
    }

    private void add(@Nullable PathComponent name, int words) {
      add(words + NarFormat.CLOSE.length);
      if (name != null) {
        add(NarFormat.ENTRY.length + NarFormat.NODE.length + NarFormat.CLOSE.length);
        addString(name.bytes().length());
      }
    }

    private void addString(long length) {
      add(Long.BYTES + NarFormat.padding(length));
      add(length);
    }

    private void add(long more) {
      if (more > Long.MAX_VALUE - bytes) {
        throw new InvalidCastore("a NAR of this tree has more than 2^63 bytes");
      }
      bytes += more;
    }
  }
}
