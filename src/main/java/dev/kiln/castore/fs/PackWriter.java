package dev.kiln.castore.fs;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PackIndex.PackedBlob;
import dev.kiln.castore.PackIndex.Place;
import dev.kiln.hash.Blake3Digest;

/** Writes one pack. Used by one thread at a time. */
final class PackWriter implements Closeable {

  /** Of a pack: whoever looks one blob up reads the places of all its neighbours. */
  private static final int MAX_BLOBS = 4096;
  private static final int MAX_BYTES = 32 << 20;
  private static final int BUFFER = 1 << 18;

  private final long id;
  private final OutputStream file;
  private final BufferedOutputStream out;
  private final List<PackedBlob> blobs = new ArrayList<>();
  private int size;

  /** @param path must not be there */
  PackWriter(long id, Path path) throws IOException {
    this.id = id;
    this.file = Files.newOutputStream(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    this.out = new BufferedOutputStream(file, BUFFER);
    append(PackTable.MAGIC);
  }

  long id() {
    return id;
  }

  boolean isFull() {
    return blobs.size() >= MAX_BLOBS || size >= MAX_BYTES;
  }

  void add(Blake3Digest digest, ByteString content) throws IOException {
    blobs.add(new PackedBlob(digest, new Place(id, size, content.length())));
    append(content);
  }

  /** Completes the file; nothing can be added any more. It is not yet durable. */
  void finish() throws IOException {
    append(PackTable.encode(blobs));
    out.flush();
  }

  private void append(ByteString bytes) throws IOException {
    bytes.writeTo(out);
    size += bytes.length();
  }

  /** Gives up what is not yet written. */
  @Override
  public void close() throws IOException {
    file.close();
  }
}
