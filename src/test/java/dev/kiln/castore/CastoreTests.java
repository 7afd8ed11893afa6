package dev.kiln.castore;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.fs.FsBlobs;
import dev.kiln.hash.Blake3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class CastoreTests {

  private static final FileNode HELLO = new FileNode(Blake3.of("hello".getBytes(UTF_8)), 5, true);
  private static final SymlinkNode LINK = new SymlinkNode(ByteString.utf8("bin"));

  @TempDir
  private Path dir;

  private FsBlobs blobs;
  private Castore castore;
  private Node root;

  @BeforeEach
  void ingest() throws IOException {
    blobs = new FsBlobs(dir);
    castore = new Castore(blobs, new InMemoryDirectories());
    try (Ingest ingest = castore.ingest()) {
      ingest.enterDirectory(null);
      ingest.enterDirectory(PathComponent.utf8("bin"));
      ingest.file(PathComponent.utf8("hello"), true, 5, new ByteArrayInputStream("hello".getBytes(UTF_8)));
      ingest.leaveDirectory();
      ingest.symlink(PathComponent.utf8("sbin"), ByteString.utf8("bin"));
      ingest.leaveDirectory();
      root = ingest.sync();
    }
  }

  @Test
  void findsWhatAPathNames() throws IOException {
    assertThat(descend()).isEqualTo(new Descent.Found(root));
    assertThat(descend("bin", "hello")).isEqualTo(new Descent.Found(HELLO));
  }

  @Test
  void doesNotFollowALinkAtTheEnd() throws IOException {
    assertThat(descend("sbin")).isEqualTo(new Descent.Found(LINK));
    assertThat(castore.descend(LINK, List.of())).isEqualTo(new Descent.Found(LINK));
  }

  @Test
  void saysWhichLinkItMetAndWhatIsLeft() throws IOException {
    assertThat(descend("sbin", "hello", "x")).isEqualTo(
        new Descent.Link(1, LINK, List.of(PathComponent.utf8("hello"), PathComponent.utf8("x"))));
    assertThat(castore.descend(LINK, List.of(PathComponent.utf8("x"))))
        .isEqualTo(new Descent.Link(0, LINK, List.of(PathComponent.utf8("x"))));
  }

  @Test
  void saysWhichNameIsMissing() throws IOException {
    assertThat(descend("lib", "hello")).isEqualTo(new Descent.Missing(0));
    assertThat(descend("bin", "Hello")).isEqualTo(new Descent.Missing(1));
  }

  @Test
  void saysWhereAFileStandsInTheWay() throws IOException {
    assertThat(descend("bin", "hello", "x")).isEqualTo(new Descent.NotADirectory(2, HELLO));
    assertThat(castore.descend(HELLO, List.of(PathComponent.utf8("x")))).isEqualTo(new Descent.NotADirectory(0, HELLO));
  }

  @Test
  void saysWhichDirectoryIsGone() {
    DirectoryNode gone = new DirectoryNode(HELLO.digest(), 1);
    assertThatThrownBy(() -> castore.descend(gone, List.of(PathComponent.utf8("x")))).isInstanceOfSatisfying(
        MissingDirectoryException.class, e -> assertThat(e.digest()).isEqualTo(HELLO.digest()));
    assertThatThrownBy(() -> castore.walk(gone, new Recording())).isInstanceOf(MissingDirectoryException.class);
  }

  @Test
  void walksInTheOrderOfNames() throws IOException {
    Recording recording = new Recording();
    castore.walk(root, recording);
    assertThat(recording.events).containsExactly("enter null", "enter bin", "hello: hello true 5", "leave",
        "sbin -> bin", "leave");
  }

  @Test
  void saysWhichBlobIsGone() throws IOException {
    Files.delete(blobs.path(HELLO.digest()));
    assertThatThrownBy(() -> castore.walk(root, new Recording())).isInstanceOfSatisfying(MissingBlobException.class,
        e -> assertThat(e.digest()).isEqualTo(HELLO.digest()));
  }

  @Test
  void walksATreeThatIsTenThousandDirectoriesDeep() throws IOException {
    List<Directory> chain = new ArrayList<>(List.of(Directory.EMPTY));
    for (int i = 1; i < 10_000; i++) {
      chain.add(Directory.builder().add(PathComponent.utf8("d"), chain.getLast().node()).build());
    }
    InMemoryDirectories directories = new InMemoryDirectories();
    directories.putAll(chain);
    castore = new Castore(blobs, directories);
    Recording recording = new Recording();
    castore.walk(chain.getLast().node(), recording);
    assertThat(recording.events).hasSize(20_000);
    assertThat(
        castore.descend(chain.getLast().node(), Stream.generate(() -> PathComponent.utf8("d")).limit(9_999).toList()))
        .isEqualTo(new Descent.Found(Directory.EMPTY.node()));
  }

  private Descent descend(String... names) throws IOException {
    return castore.descend(root, Stream.of(names).map(PathComponent::utf8).toList());
  }

  private static final class Recording implements TreeSink {

    private final List<String> events = new ArrayList<>();

    @Override
    public void enterDirectory(@Nullable PathComponent name) {
      events.add("enter " + name);
    }

    @Override
    public void leaveDirectory() {
      events.add("leave");
    }

    @Override
    public void file(@Nullable PathComponent name, boolean executable, long size, InputStream content)
        throws IOException {
      events.add(name + ": " + new String(content.readAllBytes(), UTF_8) + " " + executable + " " + size);
    }

    @Override
    public void symlink(@Nullable PathComponent name, ByteString target) {
      events.add(name + " -> " + target);
    }
  }
}
