package dev.kiln.nar;

import java.io.IOException;
import java.io.OutputStream;

import dev.kiln.castore.Castore;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.MissingDirectoryException;
import dev.kiln.castore.Node;

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
    NarPositions positions = new NarPositions();
    castore.visit(root, positions);
    return positions.position();
  }

  /**
   * Writes a part of what {@link #write} would write, and leaves {@code sink} open. Files that lie outside the part are not
   * opened.
   *
   * @param from first byte
   * @param to byte after the last
   * @throws MissingBlobException a blob of the part is absent; {@code sink} then holds a prefix of the part
   * @throws MissingDirectoryException a directory is absent; {@code sink} then holds a prefix of the part
   */
  public void write(Node root, long from, long to, OutputStream sink) throws IOException {
    new NarPart(castore, from, to, sink).write(root);
  }
}
