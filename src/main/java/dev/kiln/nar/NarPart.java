package dev.kiln.nar;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Castore;
import dev.kiln.castore.Directory;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.NodeVisitor;
import dev.kiln.castore.PathComponent;

/**
 * Writes a part of a NAR. The whole NAR passes through a {@link NarSink}, but what lies outside the part is dropped, and for
 * contents outside of it nothing is read: any bytes do.
 */
final class NarPart implements NodeVisitor {

  /** Says that the part is complete; not an error, and so without a stack trace. */
  private static final class Complete extends IOException {
    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  private final Castore castore;
  private final long from;
  private final NarSink nar;

  NarPart(Castore castore, long from, long to, OutputStream out) {
    this.castore = castore;
    this.from = from;
    this.nar = new NarSink(new Window(out, from, to));
  }

  void write(Node root) throws IOException {
    try {
      castore.visit(root, this);
    } catch (Complete _) {
      // the rest of the NAR was not asked for
    }
  }

  @Override
  public void enter(@Nullable PathComponent name, DirectoryNode directory, Directory entries) throws IOException {
    nar.enterDirectory(name);
  }

  @Override
  public void leave() throws IOException {
    nar.leaveDirectory();
  }

  @Override
  public void file(@Nullable PathComponent name, FileNode file) throws IOException {
    try (Content content = new Content(file)) {
      nar.file(name, file.executable(), file.size(), content);
    }
  }

  @Override
  public void symlink(@Nullable PathComponent name, SymlinkNode link) throws IOException {
    nar.symlink(name, link.target());
  }

  /** Passes on the bytes between two positions. */
  private static final class Window extends OutputStream {

    private final OutputStream out;
    private final long from;
    private final long to;
    private long position;

    Window(OutputStream out, long from, long to) {
      this.out = out;
      this.from = from;
      this.to = to;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[]{(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      long first = Math.max(from, position);
      long end = Math.min(to, position + length);
      if (first < end) {
        out.write(bytes, offset + (int) (first - position), (int) (end - first));
      }
      position += length;
      if (position >= to) {
        throw new Complete();
      }
    }
  }

  /** A file's content, whose bytes before the part are any bytes. It stands where the NAR is when it is read first. */
  private final class Content extends InputStream {

    private final FileNode file;
    private @Nullable FileChannel blob;
    private long position;

    Content(FileNode file) {
      this.file = file;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int wanted = (int) Math.min(length, file.size() - position);
      if (wanted == 0) {
        return -1;
      }
      long before = from - nar.size();
      int read = before > 0
          ? (int) Math.min(wanted, before)
          : blob().read(ByteBuffer.wrap(target, offset, wanted), position);
      if (read < 0) {
        throw new EOFException("blob " + file.digest() + " is shorter than " + file.size() + " bytes");
      }
      position += read;
      return read;
    }

    private FileChannel blob() throws IOException {
      FileChannel open = blob;
      if (open == null) {
        open = castore.blobs().open(file.digest());
        blob = open;
      }
      return open;
    }

    @Override
    public void close() throws IOException {
      if (blob != null) {
        blob.close();
      }
    }
  }
}
