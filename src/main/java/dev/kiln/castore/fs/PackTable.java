package dev.kiln.castore.fs;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PackIndex.PackedBlob;
import dev.kiln.castore.PackIndex.Place;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.posix.FileFd;

/**
 * The layout of a pack's file: {@link #MAGIC}; the blobs, one after the other; for each blob, sorted by digest, its digest (32
 * bytes), start in the file and length (4 bytes each); the number of blobs (4 bytes); the BLAKE3 of all from the first digest
 * to that number; {@link #MAGIC}. Numbers are big-endian.
 */
final class PackTable {

  static final ByteString MAGIC = ByteString.utf8("KILNPK1\n");

  private static final int ENTRY = Blake3Digest.LENGTH + 2 * Integer.BYTES;
  private static final int TRAILER = Integer.BYTES + Blake3Digest.LENGTH + MAGIC.length();

  private PackTable() {}

  /** @return what comes after the blobs */
  static ByteString encode(List<PackedBlob> blobs) {
    ByteBuffer table = ByteBuffer.allocate(blobs.size() * ENTRY + TRAILER);
    blobs.stream().sorted(Comparator.comparing(PackedBlob::digest)).forEach(blob -> {
      table.put(blob.digest().toByteArray()).putInt(blob.place().start()).putInt(blob.place().length());
    });
    table.putInt(blobs.size());
    table.put(Blake3.of(table.array(), 0, table.position()).toByteArray()).put(MAGIC.asByteBuffer());
    return ByteString.owning(table.array());
  }

  /**
   * Reads the table of a whole pack.
   *
   * @param id of the pack
   * @throws IOException if this is no pack, or a damaged one
   */
  static List<PackedBlob> read(FileFd file, long id) throws IOException {
    long size = file.status().size();
    require(size >= MAGIC.length() + TRAILER, id, "it is too short");
    ByteBuffer trailer = ByteBuffer.wrap(read(file, size - TRAILER, TRAILER));
    require(trailer.slice(Integer.BYTES + Blake3Digest.LENGTH, MAGIC.length()).equals(MAGIC.asByteBuffer()), id,
        "its end is missing");
    int count = trailer.getInt();
    long length = (long) count * ENTRY + Integer.BYTES;
    long start = size - TRAILER + Integer.BYTES - length;
    require(count >= 0 && start >= MAGIC.length(), id, "it cannot hold " + count + " blobs");
    byte[] entries = read(file, start, (int) length);
    byte[] digest = new byte[Blake3Digest.LENGTH];
    trailer.get(digest);
    require(Blake3.of(entries).equals(Blake3Digest.of(digest)), id, "its table is damaged");
    ByteBuffer table = ByteBuffer.wrap(entries);
    List<PackedBlob> blobs = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      table.get(digest);
      blobs.add(new PackedBlob(Blake3Digest.of(digest), new Place(id, table.getInt(), table.getInt())));
    }
    return blobs;
  }

  private static byte[] read(FileFd file, long position, int length) throws IOException {
    byte[] bytes = new byte[length];
    ByteBuffer rest = ByteBuffer.wrap(bytes);
    while (rest.hasRemaining()) {
      if (file.read(rest, position + rest.position()) < 0) {
        throw new EOFException("a pack became shorter while it was read");
      }
    }
    return bytes;
  }

  private static void require(boolean sound, long id, String complaint) throws IOException {
    if (!sound) {
      throw new IOException("pack " + Packs.name(id) + " cannot be used: " + complaint);
    }
  }
}
