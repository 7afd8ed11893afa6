package dev.kiln.castore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Directory.Entry;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class DirectoryTests {

  private static final Blake3Digest DIGEST = Blake3.of("content".getBytes(UTF_8));

  @Test
  void theEmptyDirectoryIsNamedByTheDigestOfNoBytes() {
    assertThat(Directory.EMPTY.encode()).isEmpty();
    assertThat(Directory.EMPTY.digest()).isEqualTo(Blake3.of(new byte[0]));
    assertThat(Directory.EMPTY.size()).isZero();
    assertThat(Directory.decode(new byte[0])).isEqualTo(Directory.EMPTY);
  }

  @Test
  void encodesAsProtobufDoes() {
    Random random = new Random(1);
    for (int i = 0; i < 300; i++) {
      SortedMap<PathComponent, Node> entries = randomEntries(random, random.nextInt(40));
      Directory directory = Directory.of(entries);
      assertThat(directory.encode()).isEqualTo(CastoreProto.encode(entries));
      assertThat(directory.digest()).isEqualTo(Blake3.of(directory.encode()));
    }
  }

  @Test
  void readsWhatItEncodes() {
    Random random = new Random(2);
    for (int i = 0; i < 300; i++) {
      SortedMap<PathComponent, Node> entries = randomEntries(random, random.nextInt(40));
      Directory directory = Directory.decode(Directory.of(entries).encode());
      assertThat(asMap(directory.entries())).isEqualTo(entries).containsExactlyEntriesOf(entries);
      entries.forEach((name, node) -> assertThat(directory.get(name)).contains(node));
      assertThat(directory.get(PathComponent.utf8("not there"))).isEmpty();
    }
  }

  @Test
  void refusesEveryEncodingButItsOwn() {
    Random random = new Random(3);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] encoding = CastoreProto.encode(randomEntries(random, 1 + random.nextInt(4)));
      byte[] changed = mutate(encoding, random);
      try {
        Directory directory = Directory.decode(changed);
        assertThat(CastoreProto.encode(asMap(directory.entries()))).isEqualTo(changed);
      } catch (InvalidCastore _) {
        refused++;
      }
    }
    assertThat(refused).isBetween(5_000, 19_999);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(delimiter = ';', textBlock = """
      a size of 0 written out; 12 27 0a0161 1220 D 1800; not 0
      a flag of 2; 12 29 0a0161 1220 D 1805 2002; a flag
      a number in more bytes than it needs; 12 28 0a0161 1220 D 188500; shortest
      a size of 2^63; 12 2f 0a0161 1220 D 1880808080808080808001; 2^63
      a digest of 31 bytes; 12 24 0a0161 121f D31; 31 bytes
      no digest; 12 03 0a0161; digest
      no name; 12 22 1220 D; name
      an empty name; 12 24 0a00 1220 D; empty
      a name with a slash; 12 27 0a03612f62 1220 D; '/'
      the name dot-dot; 12 26 0a022e2e 1220 D; '..'
      a link to nothing; 1a 05 0a0161 1200; empty
      an unknown field in an entry; 12 27 0a0161 1220 D 2801; end of entry
      an unknown list; 22 00; in this order
      fields out of order; 12 25 1220 D 0a0161; name
      an entry cut short; 12 25 0a0161 1220; no more than
      files before directories; 12 25 0a0162 1220 D 0a 25 0a0161 1220 D; in this order
      """)
  void refuses(String what, String hex, String offence) {
    byte[] encoding = HexFormat.of()
        .parseHex(hex.replace("D31", "11".repeat(31)).replace("D", "11".repeat(32)).replace(" ", ""));
    assertThatThrownBy(() -> Directory.decode(encoding)).as(what).isInstanceOf(InvalidCastore.class)
        .hasMessageContaining(offence);
  }

  @Test
  void countsAllEntriesBelow() {
    Directory directory = Directory.builder().add(PathComponent.utf8("a"), new DirectoryNode(DIGEST, 5))
        .add(PathComponent.utf8("b"), new FileNode(DIGEST, 1000, false))
        .add(PathComponent.utf8("c"), new DirectoryNode(DIGEST, 0))
        .add(PathComponent.utf8("d"), new SymlinkNode(ByteString.utf8("a"))).build();
    assertThat(directory.size()).isEqualTo(9);
    assertThat(directory.node()).isEqualTo(new DirectoryNode(directory.digest(), 9));
  }

  @Test
  void refusesSizesThatOverflow() {
    Directory.Builder builder = Directory.builder()
        .add(PathComponent.utf8("a"), new DirectoryNode(DIGEST, Long.MAX_VALUE - 1));
    assertThat(builder.build().size()).isEqualTo(Long.MAX_VALUE);
    builder.add(PathComponent.utf8("b"), new FileNode(DIGEST, 1, false));
    assertThatThrownBy(builder::build).isInstanceOf(InvalidCastore.class).hasMessageContaining("2^63");
  }

  @Test
  void refusesANameThatIsThereTwiceAlsoAsAnotherKind() {
    Directory.Builder builder = Directory.builder().add(PathComponent.utf8("a"), new FileNode(DIGEST, 1, false));
    assertThatThrownBy(() -> builder.add(PathComponent.utf8("a"), new DirectoryNode(DIGEST, 1)))
        .isInstanceOf(InvalidCastore.class).hasMessageContaining("'a' is there twice");
    byte[] file = CastoreProto.encode(new TreeMap<>(Map.of(PathComponent.utf8("a"), new FileNode(DIGEST, 1, false))));
    byte[] link = CastoreProto
        .encode(new TreeMap<>(Map.of(PathComponent.utf8("a"), new SymlinkNode(ByteString.utf8("t")))));
    assertThatThrownBy(() -> Directory.decode(concat(file, link))).isInstanceOf(InvalidCastore.class)
        .hasMessageContaining("'a' is there twice");
    assertThatThrownBy(() -> Directory.decode(concat(file, file))).isInstanceOf(InvalidCastore.class)
        .hasMessageContaining("'a' is there twice");
    assertThatThrownBy(() -> Directory.decode(concat(link, file))).isInstanceOf(InvalidCastore.class)
        .hasMessageContaining("in this order");
  }

  @Test
  void refusesNamesOutOfOrder() {
    Directory.Builder builder = Directory.builder().add(PathComponent.utf8("ä"), new FileNode(DIGEST, 1, false));
    assertThatThrownBy(() -> builder.add(PathComponent.utf8("z"), new FileNode(DIGEST, 1, false)))
        .isInstanceOf(InvalidCastore.class).hasMessageContaining("'z' comes after 'ä'");
  }

  @Test
  void allocatesNothingForAbsurdLengths() {
    byte[] encoding = {0x12, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff,
        0x7f};
    assertThatThrownBy(() -> Directory.decode(encoding)).isInstanceOf(InvalidCastore.class)
        .hasMessageContaining("no more than the 0 bytes that follow");
  }

  @Test
  void doesNotChangeWithTheBytesItWasReadFrom() {
    byte[] encoding = Directory.builder().add(PathComponent.utf8("a"), new FileNode(DIGEST, 1, false)).build().encode();
    Directory directory = Directory.decode(encoding);
    Arrays.fill(encoding, (byte) 0);
    Arrays.fill(directory.encode(), (byte) 0);
    assertThat(directory.entries())
        .containsExactly(new Entry(PathComponent.utf8("a"), new FileNode(DIGEST, 1, false)));
  }

  @Test
  void holdsFiftyThousandEntries() {
    Directory.Builder builder = Directory.builder();
    for (int i = 0; i < 50_000; i++) {
      builder.add(PathComponent.utf8("file-%05d".formatted(i)), new FileNode(DIGEST, i, i % 2 == 0));
    }
    Directory directory = Directory.decode(builder.build().encode());
    assertThat(directory.size()).isEqualTo(50_000);
    assertThat(directory.get(PathComponent.utf8("file-31415"))).contains(new FileNode(DIGEST, 31415, false));
  }

  private static SortedMap<PathComponent, Node> randomEntries(Random random, int count) {
    SortedMap<PathComponent, Node> entries = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      entries.put(randomName(random), randomNode(random));
    }
    return entries;
  }

  private static PathComponent randomName(Random random) {
    byte[] name = new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 255 : 3)];
    for (int i = 0; i < name.length; i++) {
      name[i] = (byte) ("ab".charAt(random.nextInt(2)) + (random.nextInt(4) == 0 ? 120 : 0));
    }
    return new PathComponent(ByteString.owning(name));
  }

  private static Node randomNode(Random random) {
    byte[] digest = new byte[Blake3Digest.LENGTH];
    random.nextBytes(digest);
    return switch (random.nextInt(3)) {
      case 0 -> new DirectoryNode(Blake3Digest.of(digest), random.nextLong(1L << random.nextInt(50)));
      case 1 -> new FileNode(Blake3Digest.of(digest), random.nextLong(1L << random.nextInt(60)), random.nextBoolean());
      default -> new SymlinkNode(ByteString.utf8("x".repeat(1 + random.nextInt(300))));
    };
  }

  private static byte[] mutate(byte[] encoding, Random random) {
    byte[] changed = encoding.clone();
    int at = random.nextInt(changed.length);
    switch (random.nextInt(4)) {
      case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> changed = Arrays.copyOf(changed, at);
      case 2 -> changed = concat(changed, Arrays.copyOfRange(changed, at, changed.length));
      default -> changed = concat(Arrays.copyOf(changed, at), Arrays.copyOfRange(changed, at + 1, changed.length));
    }
    return changed;
  }

  private static byte[] concat(byte[] left, byte[] right) {
    byte[] both = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, both, left.length, right.length);
    return both;
  }

  private static SortedMap<PathComponent, Node> asMap(List<Entry> entries) {
    SortedMap<PathComponent, Node> map = new TreeMap<>();
    new ArrayList<>(entries).forEach(entry -> map.put(entry.name(), entry.node()));
    return map;
  }
}
