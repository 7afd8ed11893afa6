package dev.kiln.compression;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;

import org.jspecify.annotations.Nullable;
import org.tukaani.xz.LZMAInputStream;

/**
 * Reads lzip files, version 1, of any number of members: each LZMA between a head of 6 bytes and a tail of 20 (the lzip manual,
 * "File format").
 */
final class LzipInputStream extends InputStream {

  private static final int HEAD = 6;
  private static final int TAIL = 20;
  private static final byte[] MAGIC = {'L', 'Z', 'I', 'P', 1};
  private static final int MIN_DICTIONARY = 1 << 12;
  private static final int MAX_DICTIONARY = 1 << 29;
  private static final int LITERAL_CONTEXT = 3;
  private static final int LITERAL_POSITION = 0;
  private static final int POSITION = 2;

  private final InputStream file;
  private final int dictionary;
  private final CRC32 crc = new CRC32();
  private @Nullable LZMAInputStream member;
  private long size;

  /** @param file is read byte by byte: it should be buffered */
  LzipInputStream(InputStream file) throws IOException {
    this.file = file;
    this.dictionary = head(file);
    begin(dictionary);
  }

  /** @return what the first member needs, in KiB */
  static int memory(InputStream file) throws IOException {
    return LZMAInputStream.getMemoryUsage(head(file), LITERAL_CONTEXT, LITERAL_POSITION);
  }

  /** @return the dictionary's size, in bytes */
  private static int head(InputStream file) throws IOException {
    byte[] head = file.readNBytes(HEAD);
    if (head.length < HEAD || !ByteBuffer.wrap(head, 0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
      throw new IOException("it does not begin as lzip, version 1");
    }
    // a power of two, less some sixteenths of it
    int exponent = head[HEAD - 1] & 0x1f;
    int sixteenths = (head[HEAD - 1] & 0xff) >> 5;
    long dictionary = (1L << exponent) - sixteenths * (1L << exponent) / 16;
    if (dictionary < MIN_DICTIONARY || dictionary > MAX_DICTIONARY) {
      throw new IOException("a dictionary of " + dictionary + " bytes");
    }
    return (int) dictionary;
  }

  private void begin(int memberDictionary) throws IOException {
    if (memberDictionary > dictionary) {
      throw new IOException("a later member has a larger dictionary than the first");
    }
    member = new LZMAInputStream(file, -1, LITERAL_CONTEXT, LITERAL_POSITION, POSITION, memberDictionary, null);
    crc.reset();
    size = 0;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    while (member != null) {
      int read = member.read(bytes, offset, length);
      if (read >= 0) {
        crc.update(bytes, offset, read);
        size += read;
        return read;
      }
      endMember();
    }
    return -1;
  }

  private void endMember() throws IOException {
    byte[] tail = file.readNBytes(TAIL);
    if (tail.length < TAIL) {
      throw new EOFException();
    }
    ByteBuffer values = ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN);
    if (values.getInt() != (int) crc.getValue() || values.getLong() != size) {
      throw new IOException("its content does not fit its check sum and size");
    }
    member = null;
    file.mark(1);
    if (file.read() >= 0) {
      file.reset();
      begin(head(file));
    }
  }
}
