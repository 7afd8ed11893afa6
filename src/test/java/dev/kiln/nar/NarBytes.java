package dev.kiln.nar;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** Writes the strings of a NAR, right or wrong, independent of the code that is tested. */
public final class NarBytes {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  public static NarBytes nar() {
    return new NarBytes().words("nix-archive-1");
  }

  /** @param words separated by a space; {@code ""} is the empty one. One character is one byte */
  public NarBytes words(String words) {
    for (String word : words.split(" ", -1)) {
      string(word.equals("\"\"") ? "" : word);
    }
    return this;
  }

  public NarBytes string(String value) {
    return string(value, 0);
  }

  public NarBytes string(String value, int padding) {
    byte[] bytes = value.getBytes(ISO_8859_1);
    number(bytes.length);
    out.writeBytes(bytes);
    for (int i = bytes.length; i % 8 != 0; i++) {
      out.write(padding);
    }
    return this;
  }

  public NarBytes number(long value) {
    return raw(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  public NarBytes raw(byte... bytes) {
    out.writeBytes(bytes);
    return this;
  }

  public NarBytes file(String name, String content) {
    return words("entry ( name").string(name).words("node ( type regular contents").string(content).words(") )");
  }

  public byte[] bytes() {
    return out.toByteArray();
  }
}
