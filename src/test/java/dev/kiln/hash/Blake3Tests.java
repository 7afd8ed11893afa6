package dev.kiln.hash;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The digests are what {@code b3sum} says of inputs whose byte i is i % 251. */
class Blake3Tests {

  /** Each is asked alone, whichever would win on this machine. */
  private static final List<Blake3Lanes.Source> SOURCES = List.of(Blake3Lanes.Source.NONE, Blake3VectorLanes::new);

  @ParameterizedTest(name = "{0} bytes")
  @CsvSource(textBlock = """
      0, af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262
      1, 2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213
      2, 7b7015bb92cf0b318037702a6cdd81dee41224f734684c2c122cd6359cb1ee63
      3, e1be4d7a8ab5560aa4199eea339849ba8e293d55ca0a81006726d184519e647f
      63, e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b
      64, 4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98
      65, de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee
      127, d81293fda863f008c09e92fc382a81f5a0b4a1251cba1634016a0f86a6bd640d
      128, f17e570564b26578c33bb7f44643f539624b05df1a76c81f30acd548c44b45ef
      129, 683aaae9f3c5ba37eaaf072aed0f9e30bac0865137bae68b1fde4ca2aebdcb12
      1023, 10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11
      1024, 42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7
      1025, d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444
      2047, 58830fbf51a4423c573b164471690570e544cfe793bead46225664796b4b1467
      2048, e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a
      2049, 5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030
      3071, 38955dc63aa8e2f7af9e3abf3be7435d91814bb0a511df7f0dd465dfcc6d7275
      3072, b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2
      3073, 7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3
      4096, 015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969
      4097, 9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995
      5120, 9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833
      5121, 628bd2cb2004694adaab7bbd778a25df25c47b9d4155a55f8fbd79f2fe154cff
      6144, 3e2e5b74e048f3add6d21faab3f83aa44d3b2278afb83b80b3c35164ebeca205
      6145, f1323a8631446cc50536a9f705ee5cb619424d46887f3c376c695b70e0f0507f
      7168, 61da957ec2499a95d6b8023e2b0e604ec7f6b50e80a9678b89d2628e99ada77a
      7169, a003fc7a51754a9b3c7fae0367ab3d782dccf28855a03d435f8cfe74605e7817
      8192, aae792484c8efe4f19e2ca7d371d8c467ffb10748d8a5a1ae579948f718a2a63
      8193, bab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b
      16384, f875d6646de28985646f34ee13be9a576fd515f76b5b0a26bb324735041ddde4
      31744, 62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47
      102400, bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085
      1048576, 74cb441fd087764ca9c3694da742ebe30cbeb3060a17009ca81825c7a8d10343
      1048577, 2f053cd7472cf0cd2f9adaf45c1180255b91b9a865404a63671a0ee5f792ed33
      """)
  void agreesWithB3sum(int length, String digest) throws IOException {
    byte[] input = input(length);
    assertThat(Blake3.of(input)).hasToString(digest);
    for (Blake3Lanes.Source source : SOURCES) {
      assertThat(atOnce(source, input)).hasToString(digest);
      assertThat(inRandomPieces(source, input)).hasToString(digest);
      assertThat(ofDirectBuffer(source, input)).hasToString(digest);
    }
    Blake3InputStream in = new Blake3InputStream(new ByteArrayInputStream(input));
    assertThat(in.readAllBytes()).isEqualTo(input);
    assertThat(in.digest()).hasToString(digest);
    assertThat(in.count()).isEqualTo(length);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65, 1023, 1024, 1025, 20000})
  void takesAPartOfAnArray(int length) {
    byte[] part = new byte[length];
    System.arraycopy(input(length + 30), 10, part, 0, length);
    assertThat(Blake3.of(input(length + 30), 10, length)).isEqualTo(Blake3.of(part));
  }

  @ParameterizedTest
  @ValueSource(ints = {5000, 65536, 100_000})
  void beginsAnewAfterADigest(int length) {
    Blake3 blake3 = new Blake3(Blake3VectorLanes::new);
    byte[] input = input(length);
    blake3.update(input, 0, input.length);
    Blake3Digest first = blake3.digest();
    blake3.update(ByteBuffer.wrap(input));
    assertThat(blake3.digest()).isEqualTo(first);
    assertThat(blake3.digest()).isEqualTo(Blake3.of(new byte[0]));
  }

  @Test
  void takesTheRemainderOfABufferOnly() {
    ByteBuffer buffer = ByteBuffer.wrap(input(100), 10, 50).slice().position(5);
    Blake3 blake3 = new Blake3();
    blake3.update(buffer);
    Blake3 expected = new Blake3();
    expected.update(input(100), 15, 45);
    assertThat(blake3.digest()).isEqualTo(expected.digest());
    assertThat(buffer.hasRemaining()).isFalse();
  }

  @Test
  void countsWhatIsSkippedAsRead() throws IOException {
    Blake3InputStream in = new Blake3InputStream(new ByteArrayInputStream(input(20000)));
    in.skipNBytes(19999);
    assertThat(in.read()).isEqualTo(19999 % 251);
    assertThat(in.read()).isEqualTo(-1);
    assertThat(in.digest()).isEqualTo(Blake3.of(input(20000)));
  }

  @Test
  void refusesRangesOutsideOfTheArray() {
    assertThatThrownBy(() -> new Blake3().update(new byte[10], 5, 6)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Blake3.of(new byte[10], 5, 6)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  private static Blake3Digest atOnce(Blake3Lanes.Source source, byte[] input) {
    Blake3 blake3 = new Blake3(source);
    blake3.update(input, 0, input.length);
    return blake3.digest();
  }

  private static Blake3Digest inRandomPieces(Blake3Lanes.Source source, byte[] input) {
    Random random = new Random(input.length);
    Blake3 blake3 = new Blake3(source);
    for (int at = 0; at < input.length;) {
      int length = Math.min(random.nextInt(1 << random.nextInt(18)) + 1, input.length - at);
      blake3.update(input, at, length);
      at += length;
    }
    return blake3.digest();
  }

  private static Blake3Digest ofDirectBuffer(Blake3Lanes.Source source, byte[] input) {
    Blake3 blake3 = new Blake3(source);
    blake3.update(ByteBuffer.allocateDirect(input.length).put(input).flip());
    return blake3.digest();
  }

  private static byte[] input(int length) {
    byte[] input = new byte[length];
    for (int i = 0; i < length; i++) {
      input[i] = (byte) (i % 251);
    }
    return input;
  }
}
