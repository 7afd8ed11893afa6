package dev.kiln.castore.fs;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import dev.kiln.castore.BlobSequence;
import dev.kiln.castore.Blobs;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.PackIndex.Place;
import dev.kiln.hash.Blake3Digest;

/** Blobs that mostly lie one after the other in a few packs: eight bytes are kept of each of those. */
final class PackedSequence implements BlobSequence {

  /** Instead of a pack's number: the blob is a file of its own. */
  private static final int FILE = -1;
  /** Of a file of its own, on the heap, in bytes. */
  private static final int FILE_BYTES = 88;

  private final Packs packs;
  private final Blobs files;

  private final long[] packIds;
  private final FileNode[] ownFiles;
  /** For each blob the number of its pack, or {@link #FILE}. */
  private final int[] pack;
  /** For each blob where it begins in its pack, or its number among those that are files. */
  private final int[] start;

  private PackedSequence(Builder found) {
    this.packs = found.packs;
    this.files = found.files;
    this.packIds = found.packIds.stream().mapToLong(Long::longValue).toArray();
    this.ownFiles = found.ownFiles.toArray(FileNode[]::new);
    this.pack = Arrays.copyOf(found.pack, found.count);
    this.start = Arrays.copyOf(found.start, found.count);
  }

  @Override
  public long footprint() {
    return 100 + packIds.length * (long) Long.BYTES + pack.length * 2L * Integer.BYTES
        + ownFiles.length * (long) FILE_BYTES;
  }

  @Override
  public boolean isHere() {
    return Arrays.stream(packIds).allMatch(packs::contains)
        && Arrays.stream(ownFiles).allMatch(file -> files.contains(file.digest()));
  }

  @Override
  public BlobSequence.Reader reader() {
    return new Reader();
  }

  /** Says where blobs are. */
  @FunctionalInterface
  interface Finder {

    /** @return the places of those that lie in packs which are here; others may be files of their own */
    Map<Blake3Digest, Place> find(List<FileNode> files);
  }

  static final class Builder implements BlobSequence.Builder {

    /** Files that are looked for together. */
    private static final int GROUP = 1_024;

    private final Packs packs;
    private final Blobs files;
    private final Finder finder;

    private final List<FileNode> group = new ArrayList<>();
    private final Map<Long, Integer> packNumbers = new HashMap<>();
    private final List<Long> packIds = new ArrayList<>();
    private final List<FileNode> ownFiles = new ArrayList<>();
    private int[] pack = new int[16];
    private int[] start = new int[16];
    private int count;

    Builder(Packs packs, Blobs files, Finder finder) {
      this.packs = packs;
      this.files = files;
      this.finder = finder;
    }

    @Override
    public void add(FileNode file) throws IOException {
      group.add(file);
      if (group.size() == GROUP) {
        findGroup();
      }
    }

    private void findGroup() throws IOException {
      Map<Blake3Digest, Place> places = finder.find(group);
      if (pack.length < count + group.size()) {
        int length = Math.max(2 * pack.length, count + group.size());
        pack = Arrays.copyOf(pack, length);
        start = Arrays.copyOf(start, length);
      }
      for (FileNode file : group) {
        Place place = places.get(file.digest());
        if (place != null && place.length() != file.size()) {
          throw new IOException("blob " + file.digest() + " has " + place.length() + " bytes, not " + file.size());
        }
        if (place == null && !files.contains(file.digest())) {
          throw new MissingBlobException(file.digest());
        }
        pack[count] = place == null ? FILE : number(place.pack());
        start[count] = place == null ? ownFiles.size() : place.start();
        count++;
        if (place == null) {
          ownFiles.add(file);
        }
      }
      group.clear();
    }

    private int number(long id) {
      Integer known = packNumbers.putIfAbsent(id, packIds.size());
      if (known == null) {
        packIds.add(id);
        return packIds.size() - 1;
      }
      return known;
    }

    @Override
    public long footprint() {
      return (count + group.size()) * 2L * Integer.BYTES + packIds.size() * (long) Long.BYTES
          + ownFiles.size() * (long) FILE_BYTES;
    }

    @Override
    public BlobSequence build() throws IOException {
      findGroup();
      return new PackedSequence(this);
    }
  }

  /** Reads what lies close together in a pack together. */
  private final class Reader implements BlobSequence.Reader {

    /** What is read at once, in bytes: no blob of a pack is larger than half of it. */
    private static final int WINDOW = 1 << 17;
    /** What may lie between two blobs that are read together, in bytes. */
    private static final int GAP = 1 << 14;

    private final Arena arena = Arena.ofConfined();
    private @Nullable ByteBuffer window;
    /** Whose bytes the window holds, and from where on. */
    private int windowPack = FILE;
    private long windowStart;
    private int windowLength;

    @Override
    public void read(int number, long position, ByteBuffer target) throws IOException {
      if (pack[number] == FILE) {
        readFile(number, position, target);
        return;
      }
      long first = start[number] + position;
      if (pack[number] != windowPack || first < windowStart
          || first + target.remaining() > windowStart + windowLength) {
        fill(number, first, target.remaining());
      }
      ByteBuffer bytes = window();
      target.put(target.position(), bytes, (int) (first - windowStart), target.remaining()).position(target.limit());
    }

    private void readFile(int number, long position, ByteBuffer target) throws IOException {
      try (FileChannel file = open(number)) {
        for (long at = position; target.hasRemaining();) {
          int read = file.read(target, at);
          if (read < 0) {
            throw new IOException("blob " + ownFiles[start[number]].digest() + " became shorter while it was read");
          }
          at += read;
        }
      }
    }

    private void fill(int number, long first, int length) throws IOException {
      ByteBuffer bytes = window().clear().limit(isFollowed(number, first + length) ? WINDOW : length);
      // while it is filled it holds nothing
      windowPack = FILE;
      windowLength = packs.read(packIds[pack[number]], first, bytes, length);
      windowPack = pack[number];
      windowStart = first;
    }

    /** @return whether the next blob lies close behind {@code end} */
    private boolean isFollowed(int number, long end) {
      int next = number + 1;
      return next < pack.length && pack[next] == pack[number] && start[next] >= start[number]
          && start[next] - end <= GAP;
    }

    private ByteBuffer window() {
      ByteBuffer made = window;
      if (made == null) {
        made = arena.allocate(WINDOW).asByteBuffer();
        window = made;
      }
      return made;
    }

    @Override
    public FileChannel open(int number) throws IOException {
      FileNode file = ownFiles[start[number]];
      return Blobs.requireSize(files.open(file.digest()), file);
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
