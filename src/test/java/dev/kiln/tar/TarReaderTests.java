package dev.kiln.tar;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.bytes.ByteString;
import dev.kiln.tar.TarEntry.DirectoryEntry;
import dev.kiln.tar.TarEntry.FileEntry;
import dev.kiln.tar.TarEntry.HardLinkEntry;
import dev.kiln.tar.TarEntry.SymlinkEntry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class TarReaderTests {

  /** One line for each entry; bytes as Latin-1. */
  private static List<String> read(byte[] tar) throws IOException {
    TarReader reader = new TarReader(new ByteArrayInputStream(tar));
    List<String> lines = new ArrayList<>();
    for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
      lines.add(switch (next.get()) {
        case FileEntry file -> (file.executable() ? "executable " : "file ") + text(file.name()) + " " + file.size()
            + " " + new String(reader.content().readAllBytes(), StandardCharsets.ISO_8859_1);
        case DirectoryEntry directory -> "directory " + text(directory.name());
        case SymlinkEntry link -> "link " + text(link.name()) + " " + text(link.target());
        case HardLinkEntry link -> "hard link " + text(link.name()) + " " + text(link.target());
      });
    }
    return lines;
  }

  private static String text(ByteString bytes) {
    return new String(bytes.toByteArray(), StandardCharsets.ISO_8859_1);
  }

  private static void refuses(byte[] tar, String offence) {
    assertThatExceptionOfType(InvalidTar.class).isThrownBy(() -> read(tar)).withMessageContaining(offence)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1000));
  }

  @Test
  void readsEveryTypeThatATreeHas() throws IOException {
    byte[] tar = new TarBytes().directory("d/").file("d/\u00ff", "content").symlink("l", "/x").hardLink("h", "d/\u00ff")
        .entry('7', "contiguous", "", "c").entry('\0', "old", "", "").entry('\0', "old-directory/", "", "").end();
    assertThat(read(tar)).containsExactly("directory d/", "file d/\u00ff 7 content", "link l /x",
        "hard link h d/\u00ff",
        "file contiguous 1 c", "file old 0 ", "directory old-directory/");
  }

  @Test
  void passesOverContentThatNobodyReads() throws IOException {
    TarReader reader = new TarReader(new ByteArrayInputStream(new TarBytes().file("a", "x".repeat(513)).file("b", "y")
        .end()));
    assertThat(reader.next().orElseThrow().offset()).isZero();
    assertThat(reader.content().read()).isEqualTo('x');
    assertThat(reader.next().orElseThrow()).isEqualTo(new FileEntry(ByteString.utf8("b"), 1536, 1, false));
    assertThat(reader.next()).isEmpty();
    assertThat(reader.next()).isEmpty();
  }

  @Test
  void readsWhatFollowsTheEndAndIgnoresIt() throws IOException {
    ByteArrayInputStream tar = new ByteArrayInputStream(new TarBytes().write(new TarBytes().file("a", "").end())
        .write(new byte[]{1, 2, 3}).withoutEnd());
    TarReader reader = new TarReader(tar);
    assertThat(reader.next()).isPresent();
    assertThat(reader.next()).isEmpty();
    assertThat(tar.available()).isZero();
  }

  @Test
  void takesTheSumOfSignedBytesToo() throws IOException {
    byte[] header = TarBytes.header('0', "\u00e9\u00ff", "", "0");
    int sum = 0;
    Arrays.fill(header, 148, 156, (byte) ' ');
    for (byte b : header) {
      sum += b;
    }
    System.arraycopy("%06o".formatted(sum).getBytes(StandardCharsets.US_ASCII), 0, header, 148, 6);
    assertThat(read(new TarBytes().write(header).end())).containsExactly("file \u00e9\u00ff 0 ");
  }

  @Test
  void refusesAWrongChecksum() {
    for (int at : new int[]{0, 99, 130, 156, 300, 511}) {
      byte[] tar = new TarBytes().file("a", "").file("b", "").end();
      tar[512 + at] ^= 1;
      refuses(tar, "byte 512: no header");
    }
  }

  @Test
  void refusesATarThatIsCutAnywhere() throws IOException {
    byte[] tar = new TarBytes().pax('x', "path", "p").file("a", "x".repeat(600)).entry('L', "l", "", "long\0").file(
        "b", "").end();
    assertThat(read(tar)).hasSize(2);
    for (int length = 0; length < tar.length; length++) {
      refuses(Arrays.copyOf(tar, length), length == 0 ? "it is empty" : "byte " + length);
    }
  }

  @Test
  void saysWhatIsMissing() {
    byte[] tar = new TarBytes().file("a/b", "x".repeat(600)).end();
    refuses(Arrays.copyOf(tar, 100), "byte 100: it ends in a header, of which 412 bytes are missing");
    refuses(Arrays.copyOf(tar, 1000),
        "entry 'a/b': the tar ends in its content, of which 112 of 600 bytes are missing");
    refuses(Arrays.copyOf(tar, 1112 + 20), "'a/b': the tar ends in the block after its content, of which 404 bytes");
    refuses(new TarBytes().entry('L', "l", "", "long\0").end(), "ends where the entry should be");
  }

  @Test
  void refusesASingleBlockOfZeros() {
    refuses(new TarBytes().file("a", "").write(new byte[512]).file("b", "").end(), "byte 1024: a block follows");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"', ignoreLeadingAndTrailingWhitespace = false, textBlock = """
      -0000000001|'-0000000001', is no octal number
      00000000008|'00000000008', is no octal number
      1 1|'1 1', is no octal number
      \u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff|its size is negative
      \u0080\u0001\u0001\u0001\u0080\u0001\u0001\u0001\u0001\u0001\u0001\u0001|its size is 2^63 or more
      \u00bf\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff|its size is 2^63 or more
      777777777777|of 68719476735 bytes are missing
      """)
  void refusesAbsurdSizes(String size, String offence) {
    refuses(new TarBytes().sized('0', "absurd", size).content("x").end(), offence);
    refuses(new TarBytes().sized('0', "absurd", size).content("x").end(), "'absurd'");
  }

  @Test
  void readsTheLargestSizeAsALieAboutWhatFollows() {
    String size = "\u0080\0\0\0\u007f" + "\u00ff".repeat(7);
    refuses(new TarBytes().sized('0', "a", size).content("x").withoutEnd(),
        "of " + Long.MAX_VALUE + " bytes are missing");
    refuses(new TarBytes().sized('0', "a", "\u0080\0\0\0\u0080\0\0\0\0\0\0\0").withoutEnd(), "2^63 or more");
  }

  @Test
  void readsBinarySizes() throws IOException {
    assertThat(read(new TarBytes().sized('0', "a", "\u0080\0\0\0\0\0\0\0\0\0\0\u0003").content("xyz").end()))
        .containsExactly("file a 3 xyz");
  }

  @Test
  void readsLongNames() throws IOException {
    String name = "n\u00ff/".repeat(1000) + "end";
    assertThat(read(new TarBytes().entry('L', "././@LongLink", "", name + "\0").entry('K', "", "", "target\0").symlink(
        "short", "t").file("next", "").end())).containsExactly("link " + name + " target", "file next 0 ");
    assertThat(read(new TarBytes().pax('x', "path", name).pax('g', "comment", "c").hardLink("short", "t").file("next",
        "").end())).containsExactly("hard link " + name + " t", "file next 0 ");
    assertThat(read(new TarBytes().pax('x', "linkpath", name).symlink("short", "t").end())).containsExactly(
        "link short " + name);
  }

  @Test
  void readsThePrefixOfUstarOnly() throws IOException {
    byte[] header = TarBytes.header('0', "name", "", "0");
    header[345] = 'p';
    assertThat(read(new TarBytes().write(TarBytes.sum(header)).end())).containsExactly("file p/name 0 ");
    header[262] = ' ';
    assertThat(read(new TarBytes().write(TarBytes.sum(header)).end())).containsExactly("file name 0 ");
  }

  @Test
  void readsASizeOfAnExtendedHeader() throws IOException {
    assertThat(read(new TarBytes().pax('x', "size", "3").sized('0', "a", "0").content("xyz").file("b", "").end()))
        .containsExactly("file a 3 xyz", "file b 0 ");
    assertThat(read(new TarBytes().pax('g', "size", "1").sized('0', "a", "0").content("x").sized('0', "b", "0").content(
        "y").end())).containsExactly("file a 1 x", "file b 1 y");
  }

  @ParameterizedTest
  @ValueSource(strings = {"9 path=x\n", "99 path=x\n", "11 path=x\n", "8 path=x\n", "7 path=\n", "-9 path=x\n",
      "0 path=x\n", "1 path=x\n", "999999999999 path=x\n", "path=x\n", "9 path=x", "8 pathx\n", " path=x\n", "9",
      "9 path=x\n\0", "18446744073709551625 path=x\n", "11 size=-1\n", "10 size=x\n", "8 size=\n",
      "28 size=9223372036854775808\n", "29 size=18446744073709551617\n"})
  void refusesExtendedHeadersThatLie(String records) throws IOException {
    byte[] tar = new TarBytes().entry('x', "pax", "", records).file("a", "").end();
    if (records.equals("9 path=x\n")) {
      assertThat(read(tar)).containsExactly("file x 0 ");
    } else {
      refuses(tar, "extended header");
    }
  }

  @ParameterizedTest
  @ValueSource(chars = {'L', 'K', 'x', 'g'})
  void refusesExtensionsThatAreTooLong(char type) {
    refuses(new TarBytes().entry(type, "e", "", "x".repeat(10 << 20)).file("a", "").end(),
        "an extension of type '" + type + "' of 10485760 bytes, more than 65536");
    refuses(new TarBytes().sized(type, "e", "\u0080\0\0\0\u007f" + "\u00ff".repeat(7)).end(), "more than 65536");
  }

  @Test
  void refusesASecondExtensionOfOneKind() {
    refuses(new TarBytes().entry('L', "", "", "a\0").entry('L', "", "", "b\0").file("c", "").end(), "second extension");
    refuses(new TarBytes().pax('x', "path", "a").pax('x', "path", "b").file("c", "").end(), "second extension");
  }

  @ParameterizedTest
  @CsvSource({"3,a character device", "4,a block device", "6,a fifo", "S,a sparse file", "V,the name of a volume",
      "M,the rest of a file", "z,of the type 'z'", "\u00ff,of the type 255"})
  void refusesWhatIsNeitherFileNorDirectoryNorLink(char type, String what) {
    refuses(new TarBytes().file("a", "").sized(type, "b/c", "0").end(), "byte 512, entry 'b/c': it is " + what);
  }

  @Test
  void refusesSparseFilesOfEveryForm() {
    refuses(new TarBytes().pax('x', "GNU.sparse.major", "1").file("a", "").end(), "entry 'a': it is a sparse file");
    refuses(new TarBytes().pax('x', "SCHILY.realsize", "1").file("a", "").end(), "entry 'a': it is a sparse file");
  }

  @ParameterizedTest
  @ValueSource(chars = {'1', '2', '5'})
  void refusesContentOfWhatIsNoFile(char type) {
    refuses(new TarBytes().entry(type, "a", "b", "content").end(), "entry 'a': it has a size, 7");
    refuses(new TarBytes().entry('0', "a/", "", "content").end(), "entry 'a/': it has a size, 7");
  }

  @Test
  void refusesWhatIsNoTar() {
    refuses(new byte[]{'P', 'K'}, "ends in a header");
    refuses("<html>".repeat(1000).getBytes(StandardCharsets.US_ASCII), "byte 0");
  }
}
