package dev.kiln.nar;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.InMemoryDirectories;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.MissingDirectoryException;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.fs.FsBlobs;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class PreparedNarTests {

  private static final Blake3Digest ABSENT = Blake3.of("absent".getBytes(UTF_8));
  private static final int LARGE = 1_500_000;

  @TempDir
  private Path dir;

  private FsBlobs blobs;
  private Castore castore;
  private NarWriter writer;

  @BeforeEach
  void create() throws IOException {
    blobs = new FsBlobs(dir);
    castore = new Castore(blobs, new InMemoryDirectories());
    writer = new NarWriter(castore);
  }

  /** Nested and empty directories, links, executables, and files of sizes around each limit that the writer knows. */
  private Node tree() throws IOException {
    try (Ingest ingest = castore.ingest()) {
      ingest.enterDirectory(null);
      ingest.enterDirectory(PathComponent.utf8("a"));
      ingest.enterDirectory(PathComponent.utf8("deep"));
      for (int size : new int[]{0, 1, 7, 8, 9, 1_000}) {
        file(ingest, "f%05d".formatted(size), size);
      }
      ingest.leaveDirectory();
      ingest.enterDirectory(PathComponent.utf8("empty"));
      ingest.leaveDirectory();
      ingest.symlink(PathComponent.utf8("l"), ByteString.utf8("../" + "x".repeat(4_000)));
      ingest.leaveDirectory();
      for (int size : new int[]{65_535, 65_536, 65_537, 200_000, LARGE}) {
        file(ingest, "g%09d".formatted(size), size);
      }
      file(ingest, "z" + "n".repeat(254), 3);
      ingest.leaveDirectory();
      return ingest.sync();
    }
  }

  private static void file(Ingest ingest, String name, int size) throws IOException {
    ingest.file(PathComponent.utf8(name), size % 2 == 1, size, new ByteArrayInputStream(content(size)));
  }

  private static byte[] content(int size) {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    return content;
  }

  private byte[] written(Node root) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writer.write(root, out);
    return out.toByteArray();
  }

  private static byte[] written(PreparedNar nar, long from, long to, ByteBuffer buffer) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    nar.write(from, to, buffer, bytes -> {
      byte[] piece = new byte[bytes.remaining()];
      bytes.get(piece);
      out.writeBytes(piece);
    });
    return out.toByteArray();
  }

  private List<PreparedNar> bothWays(Node root) throws IOException {
    PreparedNar planned = writer.prepare(root);
    assertThat(planned).isInstanceOf(NarPlan.class);
    return List.of(planned, UnplannedNar.of(castore, root));
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 17, 1_000, 65_536, 262_144})
  void isWhatTheWriterWritesThroughABufferOfAnySize(int capacity) throws IOException {
    Node root = tree();
    byte[] whole = written(root);
    for (PreparedNar nar : bothWays(root)) {
      for (int round = 0; round < 2; round++) {
        assertThat(written(nar, 0, Long.MAX_VALUE, ByteBuffer.allocate(capacity))).isEqualTo(whole);
        assertThat(written(nar, 0, whole.length, ByteBuffer.allocateDirect(capacity))).isEqualTo(whole);
      }
    }
  }

  @Test
  void givesEveryPart() throws IOException {
    Node root = tree();
    byte[] whole = written(root);
    Random random = new Random(5);
    for (PreparedNar nar : bothWays(root)) {
      for (int i = 0; i < 2_000; i++) {
        int from = random.nextInt(i % 2 == 0 ? 12_000 : whole.length);
        int to = from + random.nextInt(Math.min(whole.length - from, i % 5 == 0 ? whole.length : 5_000) + 1);
        ByteBuffer buffer = i % 3 == 0 ? ByteBuffer.allocateDirect(4_096) : ByteBuffer.allocate(65_536);
        assertThat(written(nar, from, to, buffer)).as("%d to %d", from, to)
            .isEqualTo(Arrays.copyOfRange(whole, from, to));
      }
    }
  }

  @Test
  void ofAFileOrALinkAloneIsWhatTheWriterWrites() throws IOException {
    for (int size : new int[]{0, 5, 70_000}) {
      Node root;
      try (Ingest ingest = castore.ingest()) {
        ingest.file(null, true, size, new ByteArrayInputStream(content(size)));
        root = ingest.sync();
      }
      assertThat(written(writer.prepare(root), 0, Long.MAX_VALUE, ByteBuffer.allocate(100))).isEqualTo(written(root));
    }
    Node link = new Node.SymlinkNode(ByteString.utf8("target"));
    assertThat(written(writer.prepare(link), 0, Long.MAX_VALUE, ByteBuffer.allocate(100))).isEqualTo(written(link));
  }

  @Test
  void isNotPlannedWhereThatTakesMoreMemoryThanItMay() throws IOException {
    Node root = tree();
    int needed = Math.toIntExact(((NarPlan) writer.prepare(root)).footprint());
    assertThat(NarPlan.of(castore, root, needed + 100)).isPresent();
    assertThat(NarPlan.of(castore, root, needed - 100)).isEmpty();
    assertThat(NarPlan.of(castore, new DirectoryNode(ABSENT, 1_000_000), 2 << 20)).isEmpty();
  }

  @Test
  void saysBeforehandWhatIsMissing() throws IOException {
    FileNode file = new FileNode(ABSENT, 6, false);
    assertThatThrownBy(() -> writer.prepare(file)).isInstanceOfSatisfying(MissingBlobException.class,
        e -> assertThat(e.digest()).isEqualTo(ABSENT));
    assertThatThrownBy(() -> UnplannedNar.of(castore, file)).isInstanceOf(MissingBlobException.class);
    DirectoryNode directory = new DirectoryNode(ABSENT, 0);
    assertThatThrownBy(() -> writer.prepare(directory)).isInstanceOf(MissingDirectoryException.class);
    assertThatThrownBy(() -> UnplannedNar.of(castore, directory)).isInstanceOf(MissingDirectoryException.class);
  }

  @Test
  void noticesThatABlobIsLostAfterItWasPlanned() throws IOException {
    NarPlan plan = (NarPlan) writer.prepare(tree());
    assertThat(plan.isHere()).isTrue();
    Files.delete(blobs.path(Blake3.of(content(1_000))));
    assertThat(plan.isHere()).isFalse();
    assertThatThrownBy(() -> plan.write(ByteArrayOutputStream.nullOutputStream()))
        .isInstanceOf(MissingBlobException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 65_537, LARGE})
  void isNotCompletedOverADamagedBlob(int size) throws IOException {
    Node root = tree();
    List<PreparedNar> nars = bothWays(root);
    Path blob = blobs.path(Blake3.of(content(size)));
    Files.delete(blob);
    Files.write(blob, content(size - 1));
    for (PreparedNar nar : nars) {
      assertThatThrownBy(() -> written(nar, 0, Long.MAX_VALUE, ByteBuffer.allocateDirect(65_536)))
          .isInstanceOf(IOException.class).hasMessageContaining((size - 1) + " bytes, not " + size);
    }
  }
}
