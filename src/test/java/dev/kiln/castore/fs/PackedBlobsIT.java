package dev.kiln.castore.fs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.jdbc.JdbcTestUtils;
import org.springframework.transaction.CannotCreateTransactionException;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Blobs;
import dev.kiln.castore.Blobs.Batch;
import dev.kiln.castore.BlobsContract;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.PackIndex;
import dev.kiln.datadir.SharedDirectory;
import dev.kiln.harness.ScratchKilnTest;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.jdbc.JdbcTransaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@ScratchKilnTest
class PackedBlobsIT extends BlobsContract {

  /** More than are indexed at once. */
  private static final int MANY = 700;

  @TempDir
  private Path dir;
  @Autowired
  PackIndex index;
  @Autowired
  JdbcTemplate jdbc;
  @Autowired
  JdbcTransaction transaction;
  @Autowired
  SharedDirectory shared;

  private final List<PackedBlobs> opened = new ArrayList<>();

  @Override
  protected Blobs create() throws IOException {
    forgetAll();
    return start(index);
  }

  @AfterEach
  void close() throws IOException {
    for (PackedBlobs each : opened) {
      each.close();
    }
  }

  private PackedBlobs start(PackIndex index) throws IOException {
    return start(index, PackIndexer.IDLE);
  }

  private PackedBlobs start(PackIndex index, Duration idle) throws IOException {
    PackedBlobs started = new PackedBlobs(dir, new FsBlobs(dir), index, idle);
    opened.add(started);
    return started;
  }

  /** As a Kiln that ended and starts again. */
  private PackedBlobs restart() throws IOException {
    opened.getLast().close();
    PackedBlobs started = start(index);
    blobs = started;
    return started;
  }

  private void forgetAll() {
    jdbc.update("truncate pack cascade");
  }

  private static void put(Blobs blobs, int from, int to) throws IOException {
    try (Batch batch = blobs.begin()) {
      for (int size = from; size < to; size++) {
        batch.put(new ByteArrayInputStream(content(size)));
      }
      batch.sync();
    }
  }

  private void requireAll(int from, int to) throws IOException {
    for (int size = from; size < to; size++) {
      assertThat(blobs.contains(Blake3.of(content(size)))).isTrue();
      assertThat(read(Blake3.of(content(size)))).isEqualTo(content(size));
    }
  }

  private List<Path> packs() throws IOException {
    try (Stream<Path> files = Files.list(dir.resolve("packs"))) {
      return files.toList();
    }
  }

  @Test
  void smallBlobsOfABatchLieInOnePack() throws IOException {
    put(blobs, 0, MANY);
    assertThat(packs()).hasSize(1);
    try (Stream<Path> files = Files.walk(dir.resolve("blobs")).filter(Files::isRegularFile)) {
      assertThat(files).isEmpty();
    }
    assertThat(dir.resolve("tmp")).isEmptyDirectory();
    requireAll(0, MANY);
  }

  @Test
  void aPackThatIsFullIsFollowedByAnother() throws IOException {
    try (Batch batch = blobs.begin()) {
      for (int i = 0; i < 10_000; i++) {
        batch.put(new ByteArrayInputStream(("blob " + i).getBytes(java.nio.charset.StandardCharsets.UTF_8)));
      }
      assertThat(packs()).isEmpty();
      batch.sync();
    }
    assertThat(packs()).hasSize(3);
    for (int i = 0; i < 10_000; i += 99) {
      byte[] content = ("blob " + i).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      assertThat(read(Blake3.of(content))).isEqualTo(content);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, MANY})
  void blobsThatAreHereAreNotWrittenAgain(int count) throws IOException {
    put(blobs, 0, count);
    put(blobs, 0, count);
    restart();
    put(blobs, 0, count);
    assertThat(packs()).hasSize(1);
    put(blobs, 0, count + 1);
    assertThat(packs()).hasSize(2);
    assertThat(packs().stream().mapToLong(pack -> pack.toFile().length()).min().orElseThrow())
        .isLessThan(count + 200);
    requireAll(0, count + 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, MANY})
  void findsAllAgainAfterARestart(int count) throws IOException {
    put(blobs, 0, count);
    restart();
    requireAll(0, count);
  }

  @Test
  void everyPackIsIndexedInTheEnd() throws IOException {
    put(blobs, 0, MANY);
    Awaitility.await().until(() -> JdbcTestUtils.countRowsInTable(jdbc, "packed_blob") == MANY);
    assertThat(index.notIndexed()).isEmpty();
  }

  @Test
  void blobsAreVisibleWhileTheDatabaseIsNotReadyToIndexThemAndAfterAStart() throws IOException {
    AtomicBoolean away = new AtomicBoolean(true);
    blobs = start(new Reluctant(index, away));
    put(blobs, 0, MANY);
    requireAll(0, MANY);
    assertThat(JdbcTestUtils.countRowsInTable(jdbc, "packed_blob")).isZero();
    assertThat(index.notIndexed()).hasSize(1);
    restart();
    requireAll(0, MANY);
    Awaitility.await().until(() -> index.notIndexed().isEmpty());
    assertThat(JdbcTestUtils.countRowsInTable(jdbc, "packed_blob")).isEqualTo(MANY);
  }

  @Test
  void anIndexThatCameBackIsWrittenWithoutAStart() throws IOException {
    AtomicBoolean away = new AtomicBoolean(true);
    Reluctant reluctant = new Reluctant(index, away);
    blobs = start(reluctant);
    put(blobs, 0, MANY);
    // what cannot begin a transaction, and what fails in one
    Awaitility.await().until(() -> reluctant.refusals().get() >= 2);
    away.set(false);
    Awaitility.await().until(() -> index.notIndexed().isEmpty());
    requireAll(0, MANY);
  }

  @Test
  void anotherFindsWhatIsNotYetIndexedAndIndexesItWhenThatIsForgotten() throws IOException {
    AtomicBoolean away = new AtomicBoolean(true);
    PackedBlobs other = start(index, Duration.ofSeconds(5));
    put(start(new Reluctant(index, away)), 0, MANY);
    assertThat(JdbcTestUtils.countRowsInTable(jdbc, "packed_blob")).isZero();
    blobs = other;
    requireAll(0, MANY);
    assertThat(blobs.contains(Blake3.of(content(MANY)))).isFalse();
    Awaitility.await().atMost(Duration.ofMinutes(3)).until(() -> index.notIndexed().isEmpty());
    assertThat(JdbcTestUtils.countRowsInTable(jdbc, "packed_blob")).isEqualTo(MANY);
    requireAll(0, MANY);
  }

  @Test
  void whatTwoIndexAtOnceIsIndexedOnce() throws Exception {
    put(start(new Reluctant(index, new AtomicBoolean(true))), 0, MANY);
    List<Future<?>> starts = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < 4; i++) {
        starts.add(executor.submit(() -> new PackedBlobs(dir, new FsBlobs(dir), index)));
      }
    }
    for (Future<?> started : starts) {
      opened.add((PackedBlobs) started.get());
    }
    Awaitility.await().until(() -> index.notIndexed().isEmpty());
    assertThat(JdbcTestUtils.countRowsInTable(jdbc, "packed_blob")).isEqualTo(MANY);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, MANY})
  void packsWhoseRowsAreLostAreAdopted(int count) throws IOException {
    put(blobs, 0, count);
    opened.getLast().close();
    forgetAll();
    restart();
    requireAll(0, count);
    assertThat(index.notIndexed()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {3, MANY})
  void whatALostPackHeldIsMissingUntilItIsPutAgain(int count) throws IOException {
    put(blobs, 0, count);
    opened.getLast().close();
    Files.delete(packs().getFirst());
    restart();
    Blake3Digest digest = Blake3.of(content(2));
    assertThat(blobs.contains(digest)).isFalse();
    assertThatThrownBy(() -> blobs.open(digest)).isInstanceOf(MissingBlobException.class);
    put(blobs, 0, count);
    requireAll(0, count);
    restart();
    requireAll(0, count);
  }

  @Test
  void aFileThatIsNoWholePackDoesNotKeepKilnFromStarting() throws IOException {
    put(blobs, 0, MANY);
    opened.getLast().close();
    Path pack = packs().getFirst();
    byte[] whole = Files.readAllBytes(pack);
    for (int length : List.of(0, 7, 60, whole.length / 2, whole.length - 1)) {
      Files.write(pack.resolveSibling("%016x".formatted(length)), java.util.Arrays.copyOf(whole, length));
    }
    whole[whole.length - 60] ^= 1;
    Files.write(pack.resolveSibling("ffffffffffffffff"), whole);
    Files.writeString(pack.resolveSibling("README"), "not a pack");
    restart();
    requireAll(0, MANY);
    assertThat(index.registered(List.of(0L, 7L, 60L, -1L))).isEmpty();
  }

  /** What a file system may keep of a file that was not forced when the machine stopped. */
  enum Damage {
    LOST {
      @Override
      void to(Path pack) throws IOException {
        Files.delete(pack);
      }
    },
    EMPTY {
      @Override
      void to(Path pack) throws IOException {
        Files.write(pack, new byte[0]);
      }
    },
    ZEROS {
      @Override
      void to(Path pack) throws IOException {
        Files.write(pack, new byte[(int) Files.size(pack)]);
      }
    },
    NONE {
      @Override
      void to(Path pack) {}
    };

    abstract void to(Path pack) throws IOException;
  }

  @ParameterizedTest
  @EnumSource
  void whatTheMachineLostOfASmallPackIsMadeAgainAtTheNextStart(Damage damage) throws IOException {
    put(blobs, 0, 3);
    assertThat(index.unforced()).hasSize(1);
    Path pack = packs().getFirst();
    byte[] whole = Files.readAllBytes(pack);
    damage.to(pack);
    // the one that put it is not closed, as if it had no time to
    blobs = start(index);
    assertThat(packs()).hasSize(1);
    assertThat(pack).hasBinaryContent(whole);
    assertThat(index.unforced()).isEmpty();
    assertThat(dir.resolve("tmp")).isEmptyDirectory();
    requireAll(0, 3);
  }

  @Test
  void smallPacksAreForcedSoonAndForgottenByTheDatabase() throws IOException {
    for (int size = 0; size < 20; size++) {
      put(blobs, size, size + 1);
    }
    assertThat(index.unforced()).isNotEmpty();
    Awaitility.await().until(() -> index.unforced().isEmpty());
    restart();
    requireAll(0, 20);
  }

  @Test
  void aKilnThatStopsLeavesNothingToBeForced() throws IOException {
    put(blobs, 0, 3);
    opened.getLast().close();
    assertThat(index.unforced()).isEmpty();
  }

  /** By the one that this test started, or by the Kiln whose database it is. */
  @Test
  void whatAnotherKilnLeftToBeForcedIsForcedInTheEnd() {
    ByteString content = ByteString.utf8("what it holds does not matter here");
    index.indexAhead(1, List.of(), content);
    Awaitility.await().atMost(Duration.ofMinutes(3)).until(() -> index.unforced().isEmpty());
    assertThat(List.of(dir, shared.path())).anySatisfy(
        made -> assertThat(made.resolve("packs").resolve(Packs.name(1))).hasBinaryContent(content.toByteArray()));
  }

  @Test
  void whatIsPutInATransactionThatFailsIsNotHere() throws IOException {
    try (Batch batch = blobs.begin()) {
      batch.put(new ByteArrayInputStream(content(2)));
      batch.settle();
      assertThatThrownBy(() -> transaction.commit(() -> {
        batch.sync();
        assertThat(index.find(List.of(Blake3.of(content(2))))).hasSize(1);
        throw new IOException("no");
      })).hasMessage("no");
    }
    assertThat(blobs.contains(Blake3.of(content(2)))).isFalse();
    assertThat(index.unforced()).isEmpty();
    put(blobs, 0, 3);
    requireAll(0, 3);
    restart();
    requireAll(0, 3);
  }

  @Test
  void whatIsPutInATransactionIsHereWhenItIsCommitted() throws IOException {
    try (Batch batch = blobs.begin()) {
      batch.put(new ByteArrayInputStream(content(2)));
      batch.put(new ByteArrayInputStream(content(100_000)));
      batch.settle();
      transaction.commit(() -> {
        batch.sync();
        return 0;
      });
    }
    assertThat(read(Blake3.of(content(2)))).isEqualTo(content(2));
    assertThat(read(Blake3.of(content(100_000)))).isEqualTo(content(100_000));
  }

  /** Its table may be whole although the disk never got to a blob. */
  @ParameterizedTest
  @ValueSource(ints = {3, MANY})
  void aPackThatNobodyCommittedIsNotAdoptedWhereABlobIsDamaged(int count) throws IOException {
    put(blobs, 0, count);
    opened.getLast().close();
    forgetAll();
    Path pack = packs().getFirst();
    byte[] damaged = Files.readAllBytes(pack);
    damaged[PackTable.MAGIC.length() + 1] ^= 1;
    Files.write(pack, damaged);
    restart();
    assertThat(blobs.contains(Blake3.of(content(2)))).isFalse();
    assertThat(JdbcTestUtils.countRowsInTable(jdbc, "pack")).isZero();
    put(blobs, 0, count);
    requireAll(0, count);
  }

  @Test
  void readsWhatAnEarlierKilnKeptInFiles() throws IOException {
    put(new FsBlobs(dir), 0, 20);
    requireAll(0, 20);
  }

  @Test
  void whatACrashLeftBehindIsDeletedAtTheNextStart() throws IOException {
    Batch abandoned = blobs.begin();
    for (int size = 0; size < 1_100; size++) {
      abandoned.put(new ByteArrayInputStream(content(size)));
    }
    assertThat(dir.resolve("tmp")).isNotEmptyDirectory();
    restart();
    assertThat(dir.resolve("tmp")).isEmptyDirectory();
    assertThat(blobs.contains(Blake3.of(content(1)))).isFalse();
  }

  @Test
  void expectedBlobsOfManyPacksAreFound() throws IOException {
    for (int from = 0; from < 100; from += 10) {
      put(blobs, from, from + 10);
    }
    restart();
    List<FileNode> files = IntStream.range(0, 150).mapToObj(
        size -> new FileNode(Blake3.of(content(size)), size, false)).toList();
    blobs.expect(files);
    requireAll(0, 100);
    assertThat(blobs.contains(files.getLast().digest())).isFalse();
  }

  @Test
  void morePacksThanAreKeptOpenAreReadByMany() throws Exception {
    for (int size = 0; size < 200; size++) {
      put(blobs, size, size + 1);
    }
    assertThat(packs()).hasSize(200);
    List<Future<?>> readers = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(8)) {
      for (int reader = 0; reader < 8; reader++) {
        int step = reader * 2 + 1;
        readers.add(executor.submit(() -> {
          for (int i = 0; i < 2_000; i++) {
            int size = i * step % 200;
            assertThat(read(Blake3.of(content(size)))).isEqualTo(content(size));
          }
          return null;
        }));
      }
    }
    for (Future<?> reader : readers) {
      reader.get();
    }
  }

  /** The real index, whose rows of blobs cannot be written for a while. */
  private record Reluctant(PackIndex index, AtomicBoolean away, AtomicInteger refusals) implements PackIndex {

    Reluctant(PackIndex index, AtomicBoolean away) {
      this(index, away, new AtomicInteger());
    }

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
      if (away.get()) {
        throw refusals.incrementAndGet() % 2 == 0 ? new DataAccessResourceFailureException("away")
            : new CannotCreateTransactionException("away");
      }
      index.index(pack, blobs);
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

    @Override
    public List<Long> notIndexed() {
      return index.notIndexed();
    }

    @Override
    public Set<Long> registered(Collection<Long> packs) {
      return index.registered(packs);
    }
  }
}
