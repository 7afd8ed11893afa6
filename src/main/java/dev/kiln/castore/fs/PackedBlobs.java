package dev.kiln.castore.fs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.kiln.castore.BlobSequence;
import dev.kiln.castore.Blobs;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.PackIndex;
import dev.kiln.castore.PackIndex.PackedBlob;
import dev.kiln.castore.PackIndex.Place;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;

/**
 * Keeps what comes together together: the small blobs of a batch lie one after the other in a few packs, so that a tree of thousands
 * of small files is written, made durable and read as one file is. Large blobs are files of their own. A small blob that is a
 * file, as an earlier Kiln wrote it, is read from there.
 */
public final class PackedBlobs implements Blobs, Closeable {

  /** Blobs of this size are large, in bytes. */
  static final int LARGE = 1 << 16;

  private static final Logger log = LoggerFactory.getLogger(PackedBlobs.class);

  /** Packs of this many blobs are indexed at once: they are many, and each is little work. */
  static final int INDEXED_AT_ONCE = 256;
  /** For places that are remembered, of the heap, in bytes: 170,000 of them. */
  private static final int REMEMBERED = 8 << 20;
  /** Packs looked up at a time. */
  private static final int PAGE = 1_000;

  private final FsBlobs files;
  private final Packs packs;
  private final PackIndex index;
  private final PackIndexer indexer;
  private final PackJournal journal;
  private final RecentPlaces remembered = new RecentPlaces(REMEMBERED);

  /**
   * @param dir may be used by several Kilns at the same time
   * @param files has {@code dir} too; is closed with this
   */
  public PackedBlobs(Path dir, FsBlobs files, PackIndex index) throws IOException {
    this(dir, files, index, PackIndexer.IDLE);
  }

  PackedBlobs(Path dir, FsBlobs files, PackIndex index, Duration idle) throws IOException {
    this.files = files;
    this.packs = new Packs(dir.resolve("packs"));
    this.index = index;
    this.indexer = new PackIndexer(index, packs, idle);
    this.journal = new PackJournal(index, packs, this::temporary);
    adopt();
    for (long pack : index.notIndexed()) {
      try {
        indexer.submit(pack, packs.table(pack));
      } catch (IOException e) {
        log.error("what is only in pack {} cannot be served", Packs.name(pack), e);
      }
    }
  }

  /** Registers packs that a Kiln kept and then ended, or whose rows were lost. */
  private void adopt() throws IOException {
    List<Long> ids = packs.ids();
    for (int from = 0; from < ids.size(); from += PAGE) {
      List<Long> page = ids.subList(from, Math.min(from + PAGE, ids.size()));
      Set<Long> registered = index.registered(page);
      for (long pack : page) {
        if (!registered.contains(pack)) {
          adopt(pack);
        }
      }
    }
  }

  private void adopt(long pack) {
    try {
      // it may have been written just before the machine stopped, and a table may be whole where a blob is not
      index.index(pack, packs.adopt(pack));
      log.info("adopted pack {}", Packs.name(pack));
    } catch (IOException e) {
      log.warn("pack {} is left alone", Packs.name(pack), e);
    }
  }

  @Override
  public boolean contains(Blake3Digest digest) {
    Place near = near(digest);
    if (near != null) {
      return packs.contains(near.pack());
    }
    if (files.contains(digest)) {
      return true;
    }
    Place place = lookUp(digest);
    return place != null && packs.contains(place.pack());
  }

  @Override
  public FileChannel open(Blake3Digest digest) throws IOException {
    return reader().open(digest);
  }

  /** A tree's blobs mostly lie one after the other: what follows the second of a row is read with it. */
  @Override
  public Reader reader() {
    PackReader reader = new PackReader(packs);
    return digest -> open(digest, reader);
  }

  private FileChannel open(Blake3Digest digest, PackReader reader) throws IOException {
    Place place = near(digest);
    if (place == null) {
      if (files.contains(digest)) {
        try {
          return files.open(digest);
        } catch (MissingBlobException _) {
          // just now it was moved into a pack
        }
      }
      place = lookUp(digest);
    }
    if (place == null) {
      throw new MissingBlobException(digest);
    }
    try {
      return reader.open(place);
    } catch (IOException e) {
      if (Packs.isAbsence(e)) {
        MissingBlobException missing = new MissingBlobException(digest);
        missing.initCause(e);
        throw missing;
      }
      throw e;
    }
  }

  @Override
  public BlobSequence.Builder sequence() {
    return new PackedSequence.Builder(packs, this, this::places);
  }

  /** @return where those lie that are in packs which are here */
  private Map<Blake3Digest, Place> places(List<FileNode> wanted) {
    List<Blake3Digest> digests = small(wanted);
    Map<Blake3Digest, Place> places = find(digests);
    Map<Long, Boolean> here = new HashMap<>();
    for (Blake3Digest digest : digests) {
      // what no pack holds that is indexed may be in one that another Kiln has just kept
      Place place = places.containsKey(digest) || files.contains(digest) ? places.get(digest) : lookUp(digest);
      if (place != null && here.computeIfAbsent(place.pack(), packs::contains)) {
        places.put(digest, place);
      } else {
        places.remove(digest);
      }
    }
    return places;
  }

  @Override
  public void expect(Collection<FileNode> expected) {
    find(small(expected));
  }

  private static List<Blake3Digest> small(Collection<FileNode> files) {
    return files.stream().filter(file -> file.size() < LARGE).map(FileNode::digest).toList();
  }

  /** Looks blobs up: of those that are not known here, one that is found leads to its neighbours, the rest are asked for at once. */
  private Map<Blake3Digest, Place> find(Collection<Blake3Digest> digests) {
    Map<Blake3Digest, Place> places = HashMap.newHashMap(digests.size());
    List<Blake3Digest> unknown = known(digests, places);
    if (!unknown.isEmpty() && lookUp(unknown.getFirst()) != null) {
      unknown = known(unknown, places);
    }
    if (!unknown.isEmpty()) {
      Map<Blake3Digest, Place> found = index.find(unknown);
      found.forEach(remembered::put);
      places.putAll(found);
    }
    return places;
  }

  /** Adds what is known here to {@code places}. @return the others */
  private List<Blake3Digest> known(Collection<Blake3Digest> digests, Map<Blake3Digest, Place> places) {
    List<Blake3Digest> unknown = new ArrayList<>();
    for (Blake3Digest digest : digests) {
      Place place = near(digest);
      if (place == null) {
        unknown.add(digest);
      } else {
        places.put(digest, place);
      }
    }
    return unknown;
  }

  @Override
  public Batch begin() {
    return new PackedBatch(this);
  }

  Batch beginLarge() {
    return files.begin();
  }

  /** @return a name that no pack has */
  long newPack() {
    return ThreadLocalRandom.current().nextLong();
  }

  /** @return where a pack waits until it is kept */
  Path temporary(long pack) {
    return files.temporaryFiles().file("pack-" + Packs.name(pack));
  }

  /** @return those that are in packs which are here */
  Set<Blake3Digest> here(Collection<Blake3Digest> digests) {
    Set<Blake3Digest> here = new HashSet<>();
    List<Blake3Digest> unknown = new ArrayList<>();
    for (Blake3Digest digest : digests) {
      Place place = near(digest);
      if (place == null) {
        unknown.add(digest);
      } else if (packs.contains(place.pack())) {
        here.add(digest);
      }
    }
    if (!unknown.isEmpty()) {
      for (Map.Entry<Blake3Digest, Place> found : index.find(unknown).entrySet()) {
        if (packs.contains(found.getValue().pack())) {
          here.add(found.getKey());
        }
      }
    }
    return here;
  }

  /** Makes a pack that is finished durable, and then visible. */
  void keep(long pack) throws IOException {
    packs.keep(pack, temporary(pack));
    List<PackedBlob> blobs = packs.table(pack);
    if (blobs.size() <= INDEXED_AT_ONCE) {
      index.index(pack, blobs);
    } else {
      index.register(pack);
      indexer.submit(pack, blobs);
    }
    remember(blobs);
  }

  /**
   * Makes a small pack visible, and durable: what is in it is committed with its index, which is one wait for the disk instead of
   * three. Its place is not remembered here, because the transaction that this is part of may fail.
   */
  void keepSmall(PackWriter pack) throws IOException {
    packs.write(pack.id(), temporary(pack.id()), pack.content());
    index.indexAhead(pack.id(), pack.blobs(), pack.content());
    journal.submit(pack.id());
  }

  /** Makes a pack that is finished durable, and then visible to all Kilns. */
  void keepIndexed(PackWriter pack) throws IOException {
    Path temporary = temporary(pack.id());
    if (pack.isInMemory()) {
      packs.write(pack.id(), temporary, pack.content());
      packs.force(List.of(pack.id()));
    } else {
      packs.keep(pack.id(), temporary);
    }
    index.index(pack.id(), pack.blobs());
    remember(pack.blobs());
  }

  /** @return whether the blob can be read from a pack, and has the right content there */
  boolean holdsInPack(Blake3Digest digest) {
    Place known = near(digest);
    Place place = known != null ? known : lookUp(digest);
    if (place == null) {
      return false;
    }
    byte[] content = new byte[place.length()];
    try {
      packs.read(place.pack(), place.start(), ByteBuffer.wrap(content), content.length);
    } catch (IOException e) {
      log.error("blob {} cannot be read from pack {}", digest, Packs.name(place.pack()), e);
      return false;
    }
    return Blake3.of(content).equals(digest);
  }

  FsBlobs files() {
    return files;
  }

  private @Nullable Place near(Blake3Digest digest) {
    Place place = indexer.find(digest);
    return place != null ? place : remembered.get(digest);
  }

  /** Asks the index, and remembers also what lies beside the blob: it is likely to be wanted next. */
  private @Nullable Place lookUp(Blake3Digest digest) {
    Place place = index.find(List.of(digest)).get(digest);
    if (place == null) {
      return lookUpNotIndexed(digest);
    }
    try {
      remember(packs.table(place.pack()));
    } catch (IOException e) {
      log.error("pack {} is lost or damaged", Packs.name(place.pack()), e);
    }
    remembered.put(digest, place);
    return place;
  }

  /** Looks into the packs that another Kiln has kept, and has not yet come to index. */
  private @Nullable Place lookUpNotIndexed(Blake3Digest digest) {
    for (long pack : index.notIndexed()) {
      try {
        List<PackedBlob> blobs = packs.table(pack);
        Optional<PackedBlob> found = blobs.stream().filter(blob -> blob.digest().equals(digest)).findFirst();
        if (found.isPresent()) {
          remember(blobs);
          return found.get().place();
        }
      } catch (IOException e) {
        log.error("pack {} is lost or damaged", Packs.name(pack), e);
      }
    }
    // in the meantime, it may have been
    return index.find(List.of(digest)).get(digest);
  }

  private void remember(List<PackedBlob> blobs) {
    blobs.forEach(blob -> remembered.put(blob.digest(), blob.place()));
  }

  /** @return where a blob is, or would be, if it is a file of its own */
  public Path path(Blake3Digest digest) {
    return files.path(digest);
  }

  @Override
  public void close() throws IOException {
    indexer.close();
    journal.close();
    packs.close();
    files.close();
  }
}
