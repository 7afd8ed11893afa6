package dev.kiln.castore.fs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.BlobSequence;
import dev.kiln.castore.Blobs;
import dev.kiln.castore.Blobs.Batch;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.PackIndex;
import dev.kiln.castore.fs.LooseBlobs.Outcome;
import dev.kiln.harness.ScratchKilnTest;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@ScratchKilnTest
class LooseBlobsIT {

  /** More than two packs of them. */
  private static final int MANY = 9_000;
  private static final List<Integer> LARGE = List.of(65_536, 100_000, 3_000_000);

  @TempDir
  private Path dir;
  @Autowired
  PackIndex index;
  @Autowired
  JdbcTemplate jdbc;

  private final List<PackedBlobs> opened = new ArrayList<>();

  @BeforeEach
  void forgetPacks() {
    jdbc.update("truncate pack cascade");
  }

  @AfterEach
  void close() throws IOException {
    for (PackedBlobs each : opened) {
      each.close();
    }
  }

  private PackedBlobs start(PackIndex index) throws IOException {
    PackedBlobs started = new PackedBlobs(dir, new FsBlobs(dir), index);
    opened.add(started);
    return started;
  }

  private LooseBlobs loose(PackedBlobs blobs) {
    return new LooseBlobs(dir, blobs);
  }

  /** As an earlier Kiln kept them: all sizes from 0, and large ones. */
  private void keepAsFiles(int count) throws IOException {
    try (FsBlobs files = new FsBlobs(dir); Batch batch = files.begin()) {
      for (int i = 0; i < count; i++) {
        batch.put(new ByteArrayInputStream(content(i)));
      }
      for (int size : LARGE) {
        batch.put(new ByteArrayInputStream(large(size)));
      }
      batch.sync();
    }
  }

  private static byte[] content(int number) {
    byte[] content = new byte[number % 997];
    new Random(number).nextBytes(content);
    return content;
  }

  private static byte[] large(int size) {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    return content;
  }

  private static void requireAll(Blobs blobs, int count) throws IOException {
    requireEach(1, blobs, count);
  }

  private static void requireEach(int step, Blobs blobs, int count) throws IOException {
    for (int i = 0; i < count; i += step) {
      requireContent(blobs, content(i));
    }
    for (int size : LARGE) {
      requireContent(blobs, large(size));
    }
  }

  private static void requireContent(Blobs blobs, byte[] content) throws IOException {
    assertThat(blobs.contains(Blake3.of(content))).isTrue();
    try (FileChannel blob = blobs.open(Blake3.of(content))) {
      assertThat(Channels.newInputStream(blob).readAllBytes()).isEqualTo(content);
    }
  }

  private List<Path> looseFiles() throws IOException {
    try (Stream<Path> files = Files.walk(dir.resolve("blobs")).filter(Files::isRegularFile)) {
      return files.toList();
    }
  }

  private List<Path> packs() throws IOException {
    try (Stream<Path> files = Files.list(dir.resolve("packs"))) {
      return files.toList();
    }
  }

  @Test
  void smallFilesAreMovedIntoPacksAndLargeOnesStay() throws IOException {
    keepAsFiles(MANY);
    PackedBlobs blobs = start(index);
    requireAll(blobs, 100);
    assertThat(loose(blobs).pack()).isEqualTo(Outcome.DONE);
    assertThat(looseFiles()).hasSize(LARGE.size());
    assertThat(packs()).hasSizeBetween(3, 4);
    assertThat(dir.resolve("tmp")).isEmptyDirectory();
    assertThat(index.notIndexed()).isEmpty();
    requireEach(7, blobs, MANY);
    requireAll(start(index), MANY);
  }

  @Test
  void itIsDoneOnce() throws IOException {
    keepAsFiles(10);
    PackedBlobs blobs = start(index);
    assertThat(loose(blobs).pack()).isEqualTo(Outcome.DONE);
    keepAsFiles(10);
    assertThat(loose(blobs).pack()).isEqualTo(Outcome.DONE);
    assertThat(looseFiles()).hasSize(10 + LARGE.size());
    requireAll(blobs, 10);
  }

  /** As a kill does, at each of three packs, when the pack is durable and no file of its blobs is deleted yet. */
  @ParameterizedTest
  @ValueSource(strings = {"before a pack is indexed", "after a pack is indexed"})
  void whatACrashBreaksOffGoesOnAtTheNextStartAndLosesNothing(String point) throws IOException {
    keepAsFiles(MANY);
    for (int crash = 0; crash < 3; crash++) {
      PackedBlobs dying = start(new Mortal(index, point.startsWith("after")));
      assertThatThrownBy(() -> loose(dying).pack()).isInstanceOf(Killed.class);
      requireEach(13, start(index), MANY);
    }
    PackedBlobs blobs = start(index);
    assertThat(loose(blobs).pack()).isEqualTo(Outcome.DONE);
    assertThat(looseFiles()).hasSize(LARGE.size());
    requireAll(start(index), MANY);
  }

  @Test
  void filesWhoseBlobsAreInPacksAlreadyAreDeletedWithoutAnotherPack() throws IOException {
    keepAsFiles(MANY);
    PackedBlobs blobs = start(index);
    loose(blobs).pack();
    int packs = packs().size();
    Files.delete(dir.resolve(LooseBlobs.DONE));
    keepAsFiles(MANY);
    assertThat(loose(blobs).pack()).isEqualTo(Outcome.DONE);
    assertThat(looseFiles()).hasSize(LARGE.size());
    assertThat(packs()).hasSize(packs);
    requireAll(blobs, MANY);
  }

  @Test
  void aFileIsLeftWhereThePackThatHasItsBlobIsDamaged() throws IOException {
    keepAsFiles(50);
    PackedBlobs blobs = start(index);
    loose(blobs).pack();
    Path pack = packs().getFirst();
    byte[] bytes = Files.readAllBytes(pack);
    bytes[100] ^= 1;
    Files.write(pack, bytes);
    Files.delete(dir.resolve(LooseBlobs.DONE));
    keepAsFiles(50);
    assertThat(loose(blobs).pack()).isEqualTo(Outcome.DAMAGED);
    assertThat(looseFiles()).hasSize(LARGE.size() + 1);
    assertThat(packs()).hasSize(1);
  }

  @Test
  void aFileWhosePackIsLostIsMovedIntoAnother() throws IOException {
    keepAsFiles(50);
    loose(start(index)).pack();
    Files.delete(packs().getFirst());
    Files.delete(dir.resolve(LooseBlobs.DONE));
    keepAsFiles(50);
    assertThat(loose(start(index)).pack()).isEqualTo(Outcome.DONE);
    assertThat(looseFiles()).hasSize(LARGE.size());
    requireAll(start(index), 50);
  }

  @Test
  void aDamagedFileIsLeftAndTheOthersAreMoved() throws IOException {
    keepAsFiles(300);
    PackedBlobs blobs = start(index);
    Path damaged = blobs.path(Blake3.of(content(200)));
    Files.delete(damaged);
    Files.write(damaged, content(201));
    Path strange = damaged.resolveSibling("README");
    Files.writeString(strange, "not a blob");
    assertThat(loose(blobs).pack()).isEqualTo(Outcome.DAMAGED);
    assertThat(looseFiles()).hasSize(LARGE.size() + 2).contains(damaged, strange);
    assertThat(dir.resolve(LooseBlobs.DONE)).doesNotExist();
    requireContent(blobs, content(199));
    Files.delete(damaged);
    Files.write(damaged, content(200));
    assertThat(loose(blobs).pack()).isEqualTo(Outcome.DONE);
    requireAll(blobs, 300);
  }

  /** Each as a Kiln of its own, on one directory; one of them moves, all read what is on its way. */
  @Test
  void kilnsThatShareTheDirectoryMoveEachBlobOnceWhileAllRead() throws Exception {
    keepAsFiles(MANY);
    AtomicBoolean moving = new AtomicBoolean(true);
    List<Future<Outcome>> movers = new ArrayList<>();
    List<Future<Integer>> readers = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(6)) {
      for (int kiln = 0; kiln < 3; kiln++) {
        PackedBlobs blobs = start(index);
        int seed = kiln;
        readers.add(executor.submit(() -> readAtRandom(blobs, seed, moving)));
        movers.add(executor.submit(() -> loose(blobs).pack()));
      }
      for (Future<Outcome> mover : movers) {
        mover.get();
      }
      moving.set(false);
      for (Future<Integer> reader : readers) {
        assertThat(reader.get()).isPositive();
      }
    }
    assertThat(movers.stream().map(Future::resultNow)).contains(Outcome.DONE);
    assertThat(looseFiles()).hasSize(LARGE.size());
    assertThat(packs()).hasSizeBetween(3, 4);
    for (PackedBlobs each : opened) {
      requireEach(3, each, MANY);
    }
  }

  /** @return how many reads */
  private static int readAtRandom(PackedBlobs blobs, int seed, AtomicBoolean moving) throws IOException {
    Random random = new Random(seed);
    int reads = 0;
    do {
      requireContent(blobs, content(random.nextInt(MANY)));
      reads++;
    } while (moving.get());
    return reads;
  }

  /** As of a NAR that is being sent. */
  @Test
  void aSequenceThatWasFoundBeforeIsReadToItsEnd() throws IOException {
    keepAsFiles(200);
    PackedBlobs blobs = start(index);
    BlobSequence.Builder builder = blobs.sequence();
    for (int i = 0; i < 200; i++) {
      builder.add(new FileNode(Blake3.of(content(i)), content(i).length, false));
    }
    BlobSequence sequence = builder.build();
    try (BlobSequence.Reader reader = sequence.reader()) {
      requireRead(reader, 0, 100);
      loose(blobs).pack();
      assertThat(looseFiles()).hasSize(LARGE.size());
      requireRead(reader, 100, 200);
    }
    assertThat(sequence.isHere()).isTrue();
  }

  private static void requireRead(BlobSequence.Reader reader, int from, int to) throws IOException {
    for (int i = from; i < to; i++) {
      ByteBuffer content = ByteBuffer.allocate(content(i).length);
      reader.read(i, 0, content);
      assertThat(content.array()).isEqualTo(content(i));
    }
  }

  @Test
  void aKilnThatIsEndingStopsAndTheNextOneGoesOn() throws IOException {
    keepAsFiles(MANY);
    int before = looseFiles().size();
    PackedBlobs blobs = start(index);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> loose(blobs).pack()).isInstanceOfAny(IOException.class, DataAccessException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(looseFiles()).hasSize(before);
    assertThat(loose(start(index)).pack()).isEqualTo(Outcome.DONE);
    requireAll(start(index), MANY);
  }

  private static final class Killed extends Error {}

  /** The real index, at which the process ends. */
  private record Mortal(PackIndex index, boolean after) implements PackIndex {

    @Override
    public Map<Blake3Digest, Place> find(Collection<Blake3Digest> digests) {
      return index.find(digests);
    }

    @Override
    public void register(long pack) {
      index.register(pack);
    }

    @Override
    public void index(long pack, List<PackedBlob> blobs) {
      if (after) {
        index.index(pack, blobs);
      }
      throw new Killed();
    }

    @Override
    public List<Long> notIndexed() {
      return index.notIndexed();
    }

    @Override
    public Set<Long> registered(Collection<Long> packs) {
      return index.registered(packs);
    }

    @Override
    public void indexAhead(long pack, List<PackedBlob> blobs, ByteString content) {
      index.indexAhead(pack, blobs, content);
    }

    @Override
    public List<Long> unforced() {
      return index.unforced();
    }

    @Override
    public Optional<ByteString> unforced(long pack) {
      return index.unforced(pack);
    }

    @Override
    public void forced(Collection<Long> packs) {
      index.forced(packs);
    }
  }
}
