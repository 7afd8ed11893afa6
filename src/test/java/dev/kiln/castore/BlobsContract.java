package dev.kiln.castore;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.castore.Blobs.Batch;
import dev.kiln.castore.Blobs.Blob;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What every {@link Blobs} does. */
public abstract class BlobsContract {

  protected Blobs blobs;

  /** @return without any blob of the tests in it */
  protected abstract Blobs create() throws IOException;

  @BeforeEach
  void createBlobs() throws IOException {
    blobs = create();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 131_072, 3_000_000})
  void givesBackWhatWasPut(int size) throws IOException {
    byte[] content = content(size);
    try (Batch batch = blobs.begin()) {
      assertThat(batch.put(new ByteArrayInputStream(content))).isEqualTo(new Blob(Blake3.of(content), size));
      batch.sync();
    }
    assertThat(blobs.contains(Blake3.of(content))).isTrue();
    assertThat(read(Blake3.of(content))).isEqualTo(content);
  }

  @Test
  void saysWhichBlobIsMissing() {
    Blake3Digest digest = Blake3.of(content(99));
    assertThat(blobs.contains(digest)).isFalse();
    assertThatThrownBy(() -> blobs.open(digest)).isInstanceOfSatisfying(MissingBlobException.class,
        e -> assertThat(e.digest()).isEqualTo(digest));
  }

  @Test
  void aBatchThatIsClosedWithoutSyncLeavesNothing() throws IOException {
    try (Batch batch = blobs.begin()) {
      batch.put(new ByteArrayInputStream(content(10)));
      batch.put(new ByteArrayInputStream(content(100_000)));
    }
    assertThat(blobs.contains(Blake3.of(content(10)))).isFalse();
    assertThat(blobs.contains(Blake3.of(content(100_000)))).isFalse();
  }

  @Test
  void closingGivesUpOnlyWhatCameAfterTheLastSync() throws IOException {
    try (Batch batch = blobs.begin()) {
      batch.put(new ByteArrayInputStream(content(10)));
      batch.sync();
      batch.put(new ByteArrayInputStream(content(11)));
      batch.put(new ByteArrayInputStream(content(10)));
    }
    assertThat(blobs.contains(Blake3.of(content(10)))).isTrue();
    assertThat(blobs.contains(Blake3.of(content(11)))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 200_000})
  void aReadThatFailsLeavesNothingAndTheBatchGoesOn(int before) throws IOException {
    try (Batch batch = blobs.begin()) {
      assertThatThrownBy(() -> batch.put(new BrokenStream(content(before)))).isInstanceOf(IOException.class)
          .hasMessage("connection reset");
      batch.put(new ByteArrayInputStream(content(7)));
      batch.put(new ByteArrayInputStream(content(70_000)));
      batch.sync();
    }
    assertThat(blobs.contains(Blake3.of(content(before)))).isFalse();
    assertThat(read(Blake3.of(content(7)))).isEqualTo(content(7));
    assertThat(read(Blake3.of(content(70_000)))).isEqualTo(content(70_000));
  }

  @Test
  void keepsThousandsOfBlobsOfOneBatch() throws IOException {
    try (Batch batch = blobs.begin()) {
      for (int i = 0; i < 2_500; i++) {
        batch.put(new ByteArrayInputStream(content(i)));
      }
      batch.sync();
    }
    for (int i = 0; i < 2_500; i++) {
      assertThat(read(Blake3.of(content(i)))).isEqualTo(content(i));
    }
  }

  /** Those of a row that is read ahead, of another row, large ones, and one that is not there. */
  @ParameterizedTest
  @EnumSource
  void aReaderGivesBlobsInAnyOrder(Order order) throws IOException {
    List<Integer> sizes = new ArrayList<>(IntStream.range(0, 600).boxed().toList());
    sizes.addAll(List.of(60_000, 65_000, 65_535, 65_536, 70_000, 1_000, 300, 60_001));
    for (List<Integer> half : List.of(sizes.subList(0, 300), sizes.subList(300, sizes.size()))) {
      try (Batch batch = blobs.begin()) {
        for (int size : half) {
          batch.put(new ByteArrayInputStream(content(size)));
        }
        batch.sync();
      }
    }
    sizes = ordered(sizes, order);
    Blobs.Reader reader = blobs.reader();
    for (int size : sizes) {
      try (FileChannel blob = reader.open(Blake3.of(content(size)))) {
        assertThat(blob.size()).isEqualTo(size);
        assertThat(Channels.newInputStream(blob).readAllBytes()).isEqualTo(content(size));
      }
      if (size == 300) {
        assertThatThrownBy(() -> reader.open(Blake3.of(content(99_999)))).isInstanceOf(MissingBlobException.class);
      }
    }
  }

  /** A reader may be used again, and a sequence by many readers. */
  @ParameterizedTest
  @EnumSource
  void aSequenceGivesBlobsAgainAndAgainWholeOrInParts(Order order) throws IOException {
    List<Integer> sizes = new ArrayList<>(IntStream.range(0, 1_500).boxed().toList());
    sizes.addAll(List.of(60_000, 65_000, 65_535, 65_536, 70_000, 1_000, 300, 60_001));
    for (List<Integer> half : List.of(sizes.subList(0, 700), sizes.subList(700, sizes.size()))) {
      try (Batch batch = blobs.begin()) {
        for (int size : half) {
          batch.put(new ByteArrayInputStream(content(size)));
        }
        batch.sync();
      }
    }
    sizes = ordered(sizes, order);
    BlobSequence.Builder builder = blobs.sequence();
    for (int size : sizes) {
      builder.add(new FileNode(Blake3.of(content(size)), size, false));
    }
    BlobSequence sequence = builder.build();
    assertThat(sequence.isHere()).isTrue();
    assertThat(sequence.footprint()).isBetween((long) sizes.size(), 100L * sizes.size());
    try (BlobSequence.Reader reader = sequence.reader()) {
      for (int i = 0; i < sizes.size(); i++) {
        byte[] content = content(sizes.get(i));
        ByteBuffer whole = ByteBuffer.allocate(content.length);
        reader.read(i, 0, whole);
        assertThat(whole.array()).isEqualTo(content);
        int from = content.length / 3;
        ByteBuffer part = ByteBuffer.allocateDirect(content.length).limit(content.length / 2);
        reader.read(i, from, part);
        assertThat(part.hasRemaining()).isFalse();
        assertThat(part.flip()).isEqualTo(ByteBuffer.wrap(content, from, content.length / 2));
      }
      try (FileChannel opened = reader.open(sizes.indexOf(70_000))) {
        assertThat(Channels.newInputStream(opened).readAllBytes()).isEqualTo(content(70_000));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 70_000})
  void aSequenceSaysWhichOfItsBlobsIsMissing(int size) throws IOException {
    try (Batch batch = blobs.begin()) {
      batch.put(new ByteArrayInputStream(content(3)));
      batch.sync();
    }
    FileNode missing = new FileNode(Blake3.of(content(size)), size, false);
    assertThatThrownBy(() -> {
      BlobSequence.Builder builder = blobs.sequence();
      builder.add(new FileNode(Blake3.of(content(3)), 3, false));
      builder.add(missing);
      builder.build();
    }).isInstanceOfSatisfying(MissingBlobException.class, e -> assertThat(e.digest()).isEqualTo(missing.digest()));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 70_000})
  void aSequenceGivesNoBlobWhoseSizeIsNotTheOneThatItsTreeHas(int size) throws IOException {
    try (Batch batch = blobs.begin()) {
      batch.put(new ByteArrayInputStream(content(size)));
      batch.sync();
    }
    assertThatThrownBy(() -> {
      BlobSequence.Builder builder = blobs.sequence();
      builder.add(new FileNode(Blake3.of(content(size)), size - 1, false));
      builder.build().reader().read(0, 0, ByteBuffer.allocate(size - 1));
    }).isInstanceOf(IOException.class).hasMessageContaining(size + " bytes, not " + (size - 1));
  }

  private static List<Integer> ordered(List<Integer> sizes, Order order) {
    List<Integer> ordered = new ArrayList<>(sizes);
    switch (order) {
      case AS_PUT -> {
      }
      case BACKWARDS -> Collections.reverse(ordered);
      case SHUFFLED -> Collections.shuffle(ordered, new Random(7));
      case EACH_TWICE -> ordered = sizes.stream().flatMap(size -> Stream.of(size, size)).toList();
    }
    return ordered;
  }

  enum Order {
    AS_PUT, BACKWARDS, SHUFFLED, EACH_TWICE
  }

  @ParameterizedTest
  @ValueSource(ints = {50, 100_000})
  void takesTheSameContentTwiceInOneBatch(int size) throws IOException {
    try (Batch batch = blobs.begin()) {
      Blob first = batch.put(new ByteArrayInputStream(content(size)));
      assertThat(batch.put(new ByteArrayInputStream(content(size)))).isEqualTo(first);
      batch.sync();
      batch.sync();
    }
    assertThat(read(Blake3.of(content(size)))).isEqualTo(content(size));
  }

  @Test
  void takesTheSameContentInManyBatchesAtOnce() throws Exception {
    List<Future<Blob>> puts = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 40; i++) {
        int size = i % 2 == 0 ? 123 : 123_456;
        puts.add(executor.submit(() -> {
          try (Batch batch = blobs.begin()) {
            Blob blob = batch.put(new ByteArrayInputStream(content(size)));
            batch.sync();
            assertThat(read(blob.digest())).isEqualTo(content(size));
            return blob;
          }
        }));
      }
    }
    for (Future<Blob> put : puts) {
      assertThat(blobs.contains(put.get().digest())).isTrue();
    }
  }

  @Test
  void aBatchThatIsClosedDoesNotTakeAwayWhatAnotherHas() throws IOException {
    try (Batch one = blobs.begin(); Batch other = blobs.begin()) {
      one.put(new ByteArrayInputStream(content(5)));
      other.put(new ByteArrayInputStream(content(5)));
      one.sync();
    }
    assertThat(read(Blake3.of(content(5)))).isEqualTo(content(5));
  }

  protected final byte[] read(Blake3Digest digest) throws IOException {
    try (FileChannel blob = blobs.open(digest)) {
      return Channels.newInputStream(blob).readAllBytes();
    }
  }

  protected static byte[] content(int size) {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    return content;
  }
}
