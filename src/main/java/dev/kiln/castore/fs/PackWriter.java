package dev.kiln.castore.fs;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PackIndex.PackedBlob;
import dev.kiln.castore.PackIndex.Place;
import dev.kiln.hash.Blake3Digest;

/** Writes one pack: to memory as long as it is small, and to a file from then on. Used by one thread at a time. */
final class PackWriter implements Closeable {

  /** Of a pack: whoever looks one blob up reads the places of all its neighbours. */
  private static final int MAX_BLOBS = 4096;
  private static final int MAX_BYTES = 32 << 20;
  private static final int BUFFER = 1 << 18;

  /** What a pack in memory has at most, in bytes, and in blobs. */
  static final int SMALL = 128 << 10;
  private static final int SMALL_BLOBS = PackedBlobs.INDEXED_AT_ONCE;

  private final long id;
  private final Path path;
  private final List<PackedBlob> blobs = new ArrayList<>();
  private int size;

  private byte[] memory = new byte[4 << 10];
  private @Nullable OutputStream file;
  private @Nullable OutputStream out;

  /** @param path is made if the pack becomes large; must not be there */
  PackWriter(long id, Path path) throws IOException {
    this.id = id;
    this.path = path;
    append(PackTable.MAGIC);
  }

  long id() {
    return id;
  }

  List<PackedBlob> blobs() {
    return blobs;
  }

  boolean isFull() {
    return blobs.size() >= MAX_BLOBS || size >= MAX_BYTES;
  }

  boolean isInMemory() {
    return file == null;
  }

  /** @return the whole pack, if it is in memory and finished */
  ByteString content() {
    if (file != null) {
      throw new IllegalStateException("pack " + Packs.name(id) + " is in a file");
    }
    return ByteString.copyOf(memory, 0, size);
  }

  void add(Blake3Digest digest, ByteString content) throws IOException {
    blobs.add(new PackedBlob(digest, new Place(id, size, content.length())));
    append(content);
  }

  /** Completes the pack; nothing can be added any more. It is not yet durable. */
  void finish() throws IOException {
    append(PackTable.encode(blobs));
    if (out != null) {
      out.flush();
    }
  }

  private void append(ByteString bytes) throws IOException {
    int length = bytes.length();
    if (out == null && (size + length > SMALL || blobs.size() > SMALL_BLOBS)) {
      file = Files.newOutputStream(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      out = new BufferedOutputStream(file, BUFFER);
      out.write(memory, 0, size);
      memory = new byte[0];
    }
    if (out != null) {
      bytes.writeTo(out);
    } else {
      if (size + length > memory.length) {
        memory = Arrays.copyOf(memory, Math.min(SMALL, Math.max(size + length, 2 * memory.length)));
      }
      bytes.copyTo(0, memory, size, length);
    }
    size += length;
  }

  /** Gives up what is not yet written. */
  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }
}
