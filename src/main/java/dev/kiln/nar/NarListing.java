package dev.kiln.nar;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Directory;
import dev.kiln.castore.MissingDirectoryException;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.NodeVisitor;
import dev.kiln.castore.PathComponent;

/**
 * Lists a tree as JSON, with the place of each file's content in the NAR (Nix: nar-accessor.cc, listNar). Keys are sorted, as
 * Nix 2.26 writes them. Names and targets need not be UTF-8: their bytes are written as they are, as Nix 2.8 does, so that
 * nothing is lost.
 */
public final class NarListing {

  private static final String HEX = "0123456789abcdef";

  private final Castore castore;

  public NarListing(Castore castore) {
    this.castore = castore;
  }

  /**
   * Writes the listing and leaves {@code sink} open.
   *
   * @throws MissingDirectoryException a directory is absent; {@code sink} then holds a prefix
   */
  public void write(Node root, OutputStream sink) throws IOException {
    BufferedOutputStream out = new BufferedOutputStream(sink, 1 << 14);
    Writer writer = new Writer(out);
    writer.text("{\"root\":");
    castore.visit(root, writer);
    writer.text(",\"version\":1}");
    out.flush();
  }

  private static final class Writer implements NodeVisitor {

    private final OutputStream out;
    private final NarPositions positions = new NarPositions();
    private boolean first = true;

    Writer(OutputStream out) {
      this.out = out;
    }

    @Override
    public void enter(@Nullable PathComponent name, DirectoryNode directory, Directory entries) throws IOException {
      positions.enter(name, directory, entries);
      key(name);
      text("{\"entries\":{");
      first = true;
    }

    @Override
    public void leave() throws IOException {
      positions.leave();
      text("},\"type\":\"directory\"}");
      first = false;
    }

    @Override
    public void file(@Nullable PathComponent name, FileNode file) throws IOException {
      long content = positions.locate(name, file);
      key(name);
      text(file.executable() ? "{\"executable\":true," : "{");
      text("\"narOffset\":" + content + ",\"size\":" + file.size() + ",\"type\":\"regular\"}");
    }

    @Override
    public void symlink(@Nullable PathComponent name, SymlinkNode link) throws IOException {
      positions.symlink(name, link);
      key(name);
      text("{\"target\":");
      string(link.target());
      text(",\"type\":\"symlink\"}");
    }

    private void key(@Nullable PathComponent name) throws IOException {
      if (name != null) {
        if (!first) {
          out.write(',');
        }
        string(name.bytes());
        out.write(':');
      }
      first = false;
    }

    private void string(ByteString value) throws IOException {
      out.write('"');
      for (int i = 0; i < value.length(); i++) {
        int b = value.at(i) & 0xff;
        if (b == '"' || b == '\\') {
          out.write('\\');
          out.write(b);
        } else if (b < 0x20) {
          text("\\u00" + HEX.charAt(b >>> 4) + HEX.charAt(b & 15));
        } else {
          out.write(b);
        }
      }
      out.write('"');
    }

    void text(String ascii) throws IOException {
      out.write(ascii.getBytes(StandardCharsets.US_ASCII));
    }
  }
}
