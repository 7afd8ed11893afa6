package dev.kiln.nar;

import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Directory;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.NodeVisitor;
import dev.kiln.castore.PathComponent;

/** Counts where in a NAR the nodes stand that it is shown. After the root, its position is the NAR's size. */
final class NarPositions implements NodeVisitor {

  private long position = NarFormat.HEADER.length;
  private int depth;

  /** @return of what comes next, in bytes from the begin of the NAR */
  long position() {
    return position;
  }

  @Override
  public void enter(@Nullable PathComponent name, DirectoryNode directory, Directory entries) {
    begin(name);
    add(NarFormat.DIRECTORY.length);
    depth++;
  }

  @Override
  public void leave() {
    depth--;
    end();
  }

  @Override
  public void file(@Nullable PathComponent name, FileNode file) {
    locate(name, file);
  }

  /** Passes {@code file}. @return the position of its content */
  long locate(@Nullable PathComponent name, FileNode file) {
    begin(name);
    add(file.executable() ? NarFormat.EXECUTABLE.length : NarFormat.FILE.length);
    add(Long.BYTES);
    long content = position;
    add(file.size());
    add(NarFormat.padding(file.size()));
    end();
    return content;
  }

  @Override
  public void symlink(@Nullable PathComponent name, SymlinkNode link) {
    begin(name);
    add(NarFormat.SYMLINK.length);
    addString(link.target().length());
    end();
  }

  private void begin(@Nullable PathComponent name) {
    if (name != null) {
      add(NarFormat.ENTRY.length);
      addString(name.bytes().length());
      add(NarFormat.NODE.length);
    }
  }

  /** Closes the node, and the entry around it. */
  private void end() {
    add(depth > 0 ? 2 * NarFormat.CLOSE.length : NarFormat.CLOSE.length);
  }

  private void addString(int length) {
    add(Long.BYTES + length + NarFormat.padding(length));
  }

  private void add(long more) {
    if (more > Long.MAX_VALUE - position) {
      throw new InvalidCastore("a NAR of this tree has more than 2^63 bytes");
    }
    position += more;
  }
}
