package dev.kiln.nar;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.PathComponent;

/**
 * The words of a NAR, in the runs in which they always stand. Each string is its length as 8 bytes, least significant first, then its
 * bytes, then zeros up to a multiple of 8 (Nix: archive.cc, serialise.cc).
 */
final class NarFormat {

  static final String MAGIC = "nix-archive-1";

  static final byte[] HEADER = words(MAGIC);
  static final byte[] DIRECTORY = words("(", "type", "directory");
  /** The content's length follows. */
  static final byte[] FILE = words("(", "type", "regular", "contents");
  static final byte[] EXECUTABLE = words("(", "type", "regular", "executable", "", "contents");
  /** The target follows. */
  static final byte[] SYMLINK = words("(", "type", "symlink", "target");
  /** The name follows. */
  static final byte[] ENTRY = words("entry", "(", "name");
  static final byte[] NODE = words("node");
  static final byte[] CLOSE = words(")");
  /** A node that an entry holds. */
  static final byte[] CLOSE_ENTRY = words(")", ")");

  /** The longest string that is not a file's content, in bytes. */
  static final int MAX_STRING = Math.max(PathComponent.MAX_LENGTH, SymlinkNode.MAX_LENGTH);

  private NarFormat() {}

  /** @return 0 to 7 */
  static int padding(long length) {
    return (int) (-length & 7);
  }

  private static byte[] words(String... words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String word : words) {
      byte[] bytes = word.getBytes(StandardCharsets.US_ASCII);
      out.writeBytes(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes.length).array());
      out.writeBytes(bytes);
      out.writeBytes(new byte[padding(bytes.length)]);
    }
    return out.toByteArray();
  }
}
