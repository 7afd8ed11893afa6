package dev.kiln.tar;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.BrokenStream;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Directory;
import dev.kiln.castore.InMemoryDirectories;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.fs.FsBlobs;
import dev.kiln.hash.Blake3;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

class TarTreeTests {

  @TempDir
  private Path dir;

  private final InMemoryDirectories directories = new InMemoryDirectories();
  private FsBlobs blobs;
  private Castore castore;

  @BeforeEach
  void open() throws IOException {
    blobs = new FsBlobs(dir);
    castore = new Castore(blobs, directories);
  }

  private Node ingest(byte[] tar) throws IOException {
    return new TarTree().ingest(castore, new ByteArrayInputStream(tar));
  }

  private void refuses(byte[] tar, String offence) {
    assertThatExceptionOfType(InvalidTar.class).isThrownBy(() -> ingest(tar)).withMessageContaining(offence).satisfies(
        e -> assertThat(e.getMessage()).hasSizeLessThan(1000));
    leftNothing();
  }

  private void leftNothing() {
    assertThat(directories.count()).isZero();
    try (Stream<Path> files = Files.walk(dir)) {
      assertThat(files.filter(Files::isRegularFile)).allMatch(file -> file.startsWith(dir.resolve("writers")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static PathComponent name(String name) {
    return PathComponent.utf8(name);
  }

  private static FileNode file(String content) {
    return new FileNode(Blake3.of(content.getBytes(ISO_8859_1)), content.length(), false);
  }

  private static final Directory BIN = Directory.builder().add(name("sh"), file("content")).build();
  private static final DirectoryNode ROOT = Directory.builder().add(name("a"), file("first")).add(name("bin"), BIN
      .node()).add(name("l"), new SymlinkNode(ByteString.utf8("bin/sh"))).build().node();

  @Test
  void takesEntriesInAnyOrderAndDirectoriesThatAreNotStated() throws IOException {
    assertThat(ingest(new TarBytes().symlink("l", "bin/sh").file("bin/sh", "content").file("a", "first").end()))
        .isEqualTo(ROOT);
    assertThat(ingest(new TarBytes().directory("./").file("./bin/sh", "content").symlink("./l", "bin/sh").file("./a",
        "first").directory("./bin/").directory("bin").directory(".").end())).isEqualTo(ROOT);
    assertThat(directories.find(ROOT.digest())).isPresent();
    assertThat(directories.find(BIN.digest())).contains(BIN);
    assertThat(blobs.contains(file("content").digest())).isTrue();
    assertThat(dir.resolve("tmp")).isEmptyDirectory();
  }

  @Test
  void takesATarWithoutEntriesAsAnEmptyDirectory() throws IOException {
    assertThat(ingest(new TarBytes().end())).isEqualTo(Directory.EMPTY.node());
  }

  @Test
  void takesAHardLinkAsWhatItLinksTo() throws IOException {
    FileNode file = file("content");
    SymlinkNode link = new SymlinkNode(ByteString.utf8("x"));
    assertThat(ingest(new TarBytes().file("./a", "content").hardLink("b", "./a").hardLink("c", "b").symlink("l", "x")
        .hardLink("m", "l").end())).isEqualTo(Directory.builder().add(name("a"), file).add(name("b"), file)
            .add(name(
                "c"), file)
            .add(name("l"), link).add(name("m"), link).build().node());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      /abs|entry '/abs': its name is absolute
      ../x|entry '../x': name '..' is not
      a/../x|entry 'a/../x': name '..' is not
      a/..|entry 'a/..': name '..' is not
      ./../x|name '..' is not
      a/./x|name '.' is not
      ././x|name '.' is not
      a//x|entry 'a//x': a name is empty
      .//x|a name is empty
      .|the top of the tree
      ''|entry '': its name is empty
      """)
  void refusesNamesThatLeaveTheTreeOrAreNone(String name, String offence) {
    refuses(new TarBytes().file("kept", "content").file(name, "content").end(), offence);
  }

  @Test
  void refusesNamesThatNoDirectoryCanHave() throws IOException {
    refuses(new TarBytes().pax('x', "path", "a/" + "b".repeat(256)).file("x", "content").end(), "256 bytes");
    refuses(new TarBytes().pax('x', "path", "a\0b").file("x", "content").end(), "'/' or NUL");
    refuses(new TarBytes().entry('L', "", "", "a\0b\0").file("x", "content").end(), "'/' or NUL");
    refuses(new TarBytes().pax('x', "path", "b".repeat(60_000)).file("x", "content").end(), ": name 'bbb");
    refuses(new TarBytes().directory("d//").end(), "a name is empty");
    refuses(new TarBytes().symlink("l/", "x").end(), "a name is empty");
    assertThat(ingest(new TarBytes().pax('x', "path", "b".repeat(255)).file("x", "").end())).isInstanceOf(
        DirectoryNode.class);
  }

  @Test
  void refusesWhatIsThereTwice() {
    refuses(new TarBytes().file("a", "content").file("a", "content").end(), "byte 1024, entry 'a': an entry of this");
    refuses(new TarBytes().file("a", "content").file("./a", "x").end(), "entry './a': an entry of this name");
    refuses(new TarBytes().file("a/b", "content").file("a", "x").end(), "entry 'a': an entry of this name");
    refuses(new TarBytes().directory("a").symlink("a", "x").end(), "entry 'a': an entry of this name");
    refuses(new TarBytes().symlink("a", "x").directory("a").end(), "entry 'a': 'a' in this name was there before");
  }

  @Test
  void refusesEntriesBelowWhatIsNoDirectory() {
    refuses(new TarBytes().symlink("a", "/etc").file("a/passwd", "content").end(),
        "entry 'a/passwd': 'a' in this name");
    refuses(new TarBytes().file("b/a", "content").directory("b/a/c/").end(), "entry 'b/a/c/': 'a' in this name");
    refuses(new TarBytes().file("a", "content").hardLink("b", "a").file("b/c", "").end(), "entry 'b/c': 'b' in this");
  }

  @ParameterizedTest
  @CsvSource({"absent", "d", "h", "later", "a/b", "/a", "../a", "''", "."})
  void refusesHardLinksToWhatIsNoFileBeforeThem(String target) {
    refuses(new TarBytes().file("a", "content").directory("d").hardLink("h", target).file("later", "").end(),
        "entry 'h': a hard link to '" + target + "'");
  }

  @Test
  void refusesLinkTargetsThatNoLinkCanHave() {
    refuses(new TarBytes().symlink("l", "").end(), "entry 'l': link target ''");
    refuses(new TarBytes().pax('x', "linkpath", "x".repeat(4096)).symlink("l", "").end(),
        "entry 'l': link target 'xxx");
    refuses(new TarBytes().pax('x', "linkpath", "a\0b").symlink("l", "").end(), "entry 'l': link target");
  }

  @Test
  void leavesNothingOfATarThatIsCut() {
    byte[] tar = new TarBytes().file("a", "content").file("b", "x".repeat(100_000)).end();
    for (int length : new int[]{1, 512, 600, 1025, 1600, 60_000, 101_000}) {
      refuses(Arrays.copyOf(tar, length), "byte " + length);
      assertThatIOException().isThrownBy(() -> new TarTree().ingest(castore, new BrokenStream(Arrays.copyOf(tar,
          length)))).withMessage("connection reset");
      leftNothing();
    }
  }

  @Test
  void takesATreeThatIsTenThousandDirectoriesDeep() throws IOException {
    byte[] tar = new TarBytes().pax('x', "path", "a/".repeat(10_000) + "f").file("x", "content").end();
    assertThat(ingest(tar)).isInstanceOfSatisfying(DirectoryNode.class, root -> assertThat(root.size()).isEqualTo(
        10_001));
  }

  @Test
  void takesNoMoreEntriesThanItMay() throws IOException {
    byte[] tar = new TarBytes().file("a/b", "content").directory("a/c").symlink("d", "1234567").end();
    assertThat(new TarTree(4, 11).ingest(castore, new ByteArrayInputStream(tar))).isInstanceOf(DirectoryNode.class);
    for (TarTree tree : new TarTree[]{new TarTree(3), new TarTree(4, 10)}) {
      assertThatExceptionOfType(TooManyEntries.class).isThrownBy(() -> tree.ingest(castore, new ByteArrayInputStream(
          tar))).withMessageContaining("a NAR of the same tree is read without this limit");
    }
  }

  @Test
  void countsTheDirectoriesThatANameMakes() {
    byte[] tar = new TarBytes().pax('x', "path", "a/".repeat(30_000) + "f").file("x", "content").end();
    InputStream in = new ByteArrayInputStream(tar);
    assertThatExceptionOfType(TooManyEntries.class).isThrownBy(() -> new TarTree(30_000).ingest(castore, in));
    leftNothing();
  }
}
