package dev.kiln.nar;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

import dev.kiln.castore.Castore;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.MissingDirectoryException;
import dev.kiln.castore.Node;

/** Makes NARs of trees in castore. */
public final class NarWriter {

  /** In bytes. */
  static final int BUFFER = 1 << 16;
  /** Of the heap, in bytes: a plan for some 50,000 files. */
  private static final int MAX_PLAN = 2 << 20;

  private final Castore castore;

  /** Takes a NAR's bytes in order. */
  @FunctionalInterface
  public interface Output {

    /** Takes what remains of {@code bytes}, which stay the writer's: they change, or are gone, when this has returned. */
    void write(ByteBuffer bytes) throws IOException;
  }

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
    long size = write(castore, root, 0, Long.MAX_VALUE, ByteBuffer.allocate(BUFFER), to(sink));
    sink.flush();
    return size;
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
   * Writes a part of what {@link #write(Node, OutputStream)} would write, and leaves {@code sink} open. Files that lie outside the
   * part are not opened.
   *
   * @param from first byte
   * @param to byte after the last
   * @throws MissingBlobException a blob of the part is absent; {@code sink} then holds a prefix of the part
   * @throws MissingDirectoryException a directory is absent; {@code sink} then holds a prefix of the part
   */
  public void write(Node root, long from, long to, OutputStream sink) throws IOException {
    write(castore, root, from, to, ByteBuffer.allocate(BUFFER), to(sink));
    sink.flush();
  }

  /**
   * Finds all that the NAR of {@code root} is made of.
   *
   * @throws MissingBlobException a blob is absent
   * @throws MissingDirectoryException a directory is absent
   */
  public PreparedNar prepare(Node root) throws IOException {
    Optional<NarPlan> plan = NarPlan.of(castore, root, MAX_PLAN);
    return plan.isPresent() ? plan.get() : UnplannedNar.of(castore, root);
  }

  /** @return bytes passed, from the begin of the NAR */
  static long write(Castore castore, Node root, long from, long to, ByteBuffer buffer, Output output)
      throws IOException {
    NarPart part = new NarPart(from, to, buffer, output);
    try {
      castore.visit(root, new NarStream(castore.blobs(), part));
    } catch (NarStream.Complete _) {
      // the rest of the NAR was not asked for
    }
    part.flush();
    return part.position();
  }

  static Output to(OutputStream sink) {
    return bytes -> sink.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
  }
}
