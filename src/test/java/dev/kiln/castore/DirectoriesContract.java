package dev.kiln.castore;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** What every {@link Directories} does. */
public abstract class DirectoriesContract {

  private static final Blake3Digest DIGEST = Blake3.of("content".getBytes(UTF_8));

  private Directories directories;

  /** @return without any directory of the tests in it */
  protected abstract Directories create();

  @BeforeEach
  void createDirectories() {
    directories = create();
  }

  @Test
  void findsNothingThatWasNotPut() {
    assertThat(directories.find(Blake3.of("never put".getBytes(UTF_8)))).isEmpty();
  }

  @Test
  void givesBackWhatWasPut() {
    Directory child = Directory.builder().add(PathComponent.utf8("a"), new FileNode(DIGEST, 7, true))
        .add(new PathComponent(ByteString.copyOf(new byte[]{(byte) 0xff, (byte) 0xfe})),
            new SymlinkNode(ByteString.utf8("../x")))
        .build();
    Directory parent = Directory.builder().add(PathComponent.utf8("child"), child.node()).build();
    directories.putAll(List.of(child, parent));
    assertThat(directories.find(child.digest())).contains(child);
    assertThat(directories.find(parent.digest())).contains(parent);
    assertThat(directories.find(parent.digest()).orElseThrow().size()).isEqualTo(3);
  }

  @Test
  void keepsTheEmptyDirectory() {
    directories.putAll(List.of(Directory.EMPTY));
    assertThat(directories.find(Directory.EMPTY.digest())).contains(Directory.EMPTY);
  }

  @Test
  void takesNothing() {
    directories.putAll(List.of());
    assertThat(directories.find(DIGEST)).isEmpty();
  }

  @Test
  void takesADirectoryTwiceAlsoInOneGo() {
    Directory directory = Directory.builder().add(PathComponent.utf8("twice"), new FileNode(DIGEST, 7, true)).build();
    directories.putAll(List.of(directory, directory));
    directories.putAll(List.of(Directory.EMPTY, directory));
    assertThat(directories.find(directory.digest())).contains(directory);
    assertThat(directories.find(Directory.EMPTY.digest())).contains(Directory.EMPTY);
  }

  @Test
  void keepsThousandsAtOnce() {
    List<Directory> many = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      many.add(Directory.builder().add(PathComponent.utf8("many"), new FileNode(DIGEST, i, false)).build());
    }
    directories.putAll(many);
    assertThat(many).allSatisfy(each -> assertThat(directories.find(each.digest())).contains(each));
  }

  @Test
  void keepsADirectoryOfFiftyThousandEntries() {
    Directory.Builder builder = Directory.builder();
    for (int i = 0; i < 50_000; i++) {
      builder.add(PathComponent.utf8("file-%05d".formatted(i)), new FileNode(DIGEST, i, false));
    }
    Directory directory = builder.build();
    directories.putAll(List.of(directory));
    assertThat(directories.find(directory.digest())).contains(directory);
  }
}
