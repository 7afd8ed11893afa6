package dev.kiln.check;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Directory;
import dev.kiln.castore.InMemoryDirectories;
import dev.kiln.castore.MissingDirectoryException;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.fs.FsBlobs;
import dev.kiln.hash.Blake3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class TreeDiffTests {

  private static final TreeDiff.Bounds PLENTY = new TreeDiff.Bounds(1_000, 1 << 20);
  private static final Node LINK = new SymlinkNode(ByteString.utf8("there"));

  @TempDir
  private Path blobs;

  private final InMemoryDirectories directories = new InMemoryDirectories();
  private Castore castore;

  @BeforeEach
  void open() throws IOException {
    castore = new Castore(new FsBlobs(blobs), directories);
  }

  private static FileNode file(String content) {
    return new FileNode(Blake3.of(content.getBytes(UTF_8)), content.length(), false);
  }

  private static FileNode program(String content) {
    return new FileNode(Blake3.of(content.getBytes(UTF_8)), content.length(), true);
  }

  private DirectoryNode directory(Map<String, ? extends Node> entries) {
    SortedMap<PathComponent, Node> sorted = new TreeMap<>();
    entries.forEach((name, node) -> sorted.put(PathComponent.utf8(name), node));
    Directory directory = Directory.of(sorted);
    directories.putAll(List.of(directory));
    return directory.node();
  }

  private TreeDiff.Result diff(Node stored, Node rebuilt) throws IOException {
    return TreeDiff.between(castore, stored, rebuilt, PLENTY);
  }

  /** @return path and changes of each difference */
  private List<String> told(Node stored, Node rebuilt) throws IOException {
    TreeDiff.Result result = diff(stored, rebuilt);
    assertThat(result.truncated()).isFalse();
    return result.differences().stream().map(each -> each.path() + " " + each.changes()).toList();
  }

  @Test
  void findsNothingInEqualTreesAndDoesNotEvenLook() throws IOException {
    DirectoryNode nowhere = new DirectoryNode(Blake3.of(new byte[]{1}), 5);
    assertThat(told(nowhere, nowhere)).isEmpty();
    assertThat(told(directory(Map.of("a", nowhere, "b", file("1"))), directory(Map.of("a", nowhere, "b", file("2")))))
        .containsExactly("b [CONTENT]");
  }

  @Test
  void tellsDifferencesOfRootsByAnEmptyPath() throws IOException {
    assertThat(told(file("a"), file("b"))).containsExactly(" [CONTENT]");
    assertThat(told(file("a"), program("a"))).containsExactly(" [EXECUTABLE]");
    assertThat(told(file("a"), program("b"))).containsExactly(" [CONTENT, EXECUTABLE]");
    assertThat(told(LINK, new SymlinkNode(ByteString.utf8("elsewhere")))).containsExactly(" [TARGET]");
    assertThat(told(LINK, file("there"))).containsExactly(" [TYPE]");
    assertThat(told(directory(Map.of("a", LINK)), LINK)).containsExactly(" [TYPE]");
  }

  @Test
  void tellsWhatIsOnOneSideOnlyByItsTop() throws IOException {
    DirectoryNode many = directory(Map.of("x", file("x"), "y", directory(Map.of("z", LINK))));
    DirectoryNode stored = directory(Map.of("a", file("a"), "c", many, "d", file("d")));
    DirectoryNode rebuilt = directory(Map.of("b", many, "d", file("d"), "e", LINK));
    assertThat(told(stored, rebuilt)).containsExactly("a [REMOVED]", "b [ADDED]", "c [REMOVED]", "e [ADDED]");
    assertThat(diff(stored, rebuilt).differences()).contains(
        new Difference(ByteString.utf8("b"), Optional.empty(), Optional.of(many)),
        new Difference(ByteString.utf8("c"), Optional.of(many), Optional.empty()));
  }

  @Test
  void descendsInTheOrderOfThePathsNames() throws IOException {
    DirectoryNode stored = directory(Map.of("a", directory(Map.of("b", directory(Map.of("c", file("1"))))),
        "a.", file("1"), "z", file("same")));
    DirectoryNode rebuilt = directory(Map.of("a", directory(Map.of("b", directory(Map.of("c", program("1"))))),
        "a.", file("2"), "z", file("same")));
    assertThat(told(stored, rebuilt)).containsExactly("a/b/c [EXECUTABLE]", "a. [CONTENT]");
  }

  @Test
  void findsThatADirectoryIsEmptyNow() throws IOException {
    directories.putAll(List.of(Directory.EMPTY));
    assertThat(told(directory(Map.of("d", directory(Map.of("x", LINK)))),
        directory(Map.of("d", Directory.EMPTY.node())))).containsExactly("d/x [REMOVED]");
    assertThat(told(directory(Map.of("d", Directory.EMPTY.node())), directory(Map.of("d", file("")))))
        .containsExactly("d [TYPE]");
  }

  @Test
  void keepsNamesThatAreNoText() throws IOException {
    PathComponent name = new PathComponent(ByteString.copyOf(new byte[]{(byte) 0xff, '\n', '"', (byte) 0x80}));
    Directory stored = Directory.of(new TreeMap<>(Map.of(name, file("1"))));
    Directory rebuilt = Directory.of(new TreeMap<>(Map.of(name, file("2"))));
    directories.putAll(List.of(stored, rebuilt));
    assertThat(diff(stored.node(), rebuilt.node()).differences()).extracting(Difference::path)
        .containsExactly(name.bytes());
  }

  @Test
  void goesDeeperThanAnyStack() throws IOException {
    Node stored = file("1");
    Node rebuilt = file("2");
    for (int i = 0; i < 20_000; i++) {
      stored = directory(Map.of("d", stored));
      rebuilt = directory(Map.of("d", rebuilt));
    }
    List<Difference> differences = diff(stored, rebuilt).differences();
    assertThat(differences).hasSize(1);
    assertThat(differences.getFirst().path()).isEqualTo(ByteString.utf8("d/".repeat(19_999) + "d"));
  }

  @Test
  void tellsNoMoreThanItMayAndThatThereIsMore() throws IOException {
    Map<String, Node> none = new TreeMap<>();
    Map<String, Node> ten = new TreeMap<>();
    for (int i = 0; i < 10; i++) {
      ten.put("file" + i, file("x"));
    }
    DirectoryNode stored = directory(none);
    DirectoryNode rebuilt = directory(ten);
    List<Integer> told = new ArrayList<>();
    List<Boolean> truncated = new ArrayList<>();
    for (TreeDiff.Bounds bounds : List.of(new TreeDiff.Bounds(10, 50), new TreeDiff.Bounds(9, 50),
        new TreeDiff.Bounds(10, 49), new TreeDiff.Bounds(10, 0))) {
      TreeDiff.Result result = TreeDiff.between(castore, stored, rebuilt, bounds);
      told.add(result.differences().size());
      truncated.add(result.truncated());
    }
    assertThat(told).containsExactly(10, 9, 9, 0);
    assertThat(truncated).containsExactly(false, true, true, true);
  }

  @Test
  void countsTargetsAndWholePathsAmongTheBytes() throws IOException {
    Node link = new SymlinkNode(ByteString.utf8("t".repeat(4_095)));
    DirectoryNode stored = directory(Map.of("abc", directory(Map.of("d", link))));
    DirectoryNode rebuilt = directory(Map.of("abc", directory(Map.of("d", LINK))));
    int bytes = "abc/d".length() + 4_095 + "there".length();
    assertThat(TreeDiff.between(castore, stored, rebuilt, new TreeDiff.Bounds(1, bytes)).truncated()).isFalse();
    assertThat(TreeDiff.between(castore, stored, rebuilt, new TreeDiff.Bounds(1, bytes - 1)).truncated()).isTrue();
  }

  @Test
  void saysWhenADirectoryIsGone() {
    DirectoryNode gone = new DirectoryNode(Blake3.of(new byte[]{2}), 1);
    assertThatThrownBy(() -> diff(directory(Map.of("a", LINK)), gone)).isInstanceOf(MissingDirectoryException.class);
  }
}
