package dev.kiln.tar;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.tar.TarEntry.DirectoryEntry;
import dev.kiln.tar.TarEntry.FileEntry;
import dev.kiln.tar.TarEntry.HardLinkEntry;
import dev.kiln.tar.TarEntry.SymlinkEntry;

/**
 * Reads a tar entry by entry: v7, ustar, GNU (long names, binary numbers) and pax. Names stay bytes. Memory does not grow with what the
 * tar says of itself. What is neither file, directory nor link (devices, fifos, sparse files, parts of archives) is refused by its name.
 *
 * <p>
 * The tar ends with two blocks of zeros: one that just ends may have been cut off. What follows them is read to its end and ignored, so
 * that a decompressor below checks its own end, and nobody is cut off while sending.
 */
public final class TarReader {

  /** Of a long name or extended header, in bytes. */
  static final int MAX_EXTENSION = 64 * 1024;

  private static final int BUFFER = 64 * 1024;

  private final InputStream in;
  private final byte[] block = new byte[TarHeader.LENGTH];
  private final Extensions extensions = new Extensions();
  private long offset;
  private boolean ended;
  private Content content = new Content(ByteString.EMPTY, 0);

  /** @param in is left open */
  public TarReader(InputStream in) {
    this.in = new BufferedInputStream(in, BUFFER);
  }

  /**
   * Passes over what is left of the content before.
   *
   * @return nothing at the end
   * @throws InvalidTar if it is none, or ends early, or the next entry is neither file, directory nor link
   */
  public Optional<TarEntry> next() throws IOException {
    if (ended) {
      return Optional.empty();
    }
    content.finish();
    extensions.clear();
    TarHeader header = header();
    while (header != null && Extensions.isExtension(header)) {
      extensions.add(header, payload(header));
      header = header();
    }
    if (header == null) {
      end();
      return Optional.empty();
    }
    return Optional.of(entry(header));
  }

  /** @return the content of the file that {@link #next} returned; nothing for other entries. Good until the next one */
  public InputStream content() {
    return content;
  }

  private void end() throws IOException {
    if (extensions.awaitEntry()) {
      throw new InvalidTar(offset, "it ends where the entry should be that a long name or extended header is for");
    }
    ended = true;
    in.transferTo(OutputStream.nullOutputStream());
  }

  private @Nullable TarHeader header() throws IOException {
    TarHeader header = block();
    if (header == null || header.isZero()) {
      requireEnd(header);
      return null;
    }
    header.requireChecksum();
    return header;
  }

  private void requireEnd(@Nullable TarHeader zeros) throws IOException {
    if (zeros == null) {
      throw new InvalidTar(offset,
          offset == 0 ? "it is empty" : "it ends without the two blocks of zeros that are a tar's end");
    }
    TarHeader second = block();
    if (second == null) {
      throw new InvalidTar(offset, "it ends after a single block of zeros, where two would be the end");
    }
    if (!second.isZero()) {
      throw new InvalidTar(second.offset(), "a block follows a single block of zeros, where two would be the end");
    }
  }

  /** @return {@code null} if the stream ended before it */
  private @Nullable TarHeader block() throws IOException {
    long start = offset;
    int read = in.readNBytes(block, 0, block.length);
    offset += read;
    if (read > 0 && read < block.length) {
      throw new InvalidTar(offset, "it ends in a header, of which " + (block.length - read) + " bytes are missing");
    }
    return read == 0 ? null : new TarHeader(block, start);
  }

  private ByteString payload(TarHeader header) throws IOException {
    long size = header.size();
    String what = "extension of type '" + header.type() + "'";
    if (size > MAX_EXTENSION) {
      throw new InvalidTar(header.offset(), "an " + what + " of " + size + " bytes, more than " + MAX_EXTENSION);
    }
    Content payload = new Content(ByteString.utf8(what), size);
    ByteString bytes = ByteString.owning(payload.readAllBytes());
    payload.finish();
    return bytes;
  }

  private TarEntry entry(TarHeader header) throws IOException {
    ByteString name = extensions.name(header);
    long size = extensions.size(header);
    long start = header.offset();
    TarEntry entry = switch (header.type()) {
      case '\0', '0', '7' -> file(name, start, size, header);
      case '1' -> new HardLinkEntry(name, start, extensions.linkName(header));
      case '2' -> new SymlinkEntry(name, start, extensions.linkName(header));
      case '5' -> new DirectoryEntry(name, start);
      default -> throw unsupported(start, name, describe(header.type()));
    };
    if (size != 0 && !(entry instanceof FileEntry)) {
      // Readers differ on whether content follows; what two of them understand differently is not taken.
      throw new InvalidTar(start, name, "it has a size, " + size + ", which only a file can have");
    }
    content = new Content(name, size);
    return entry;
  }

  private TarEntry file(ByteString name, long start, long size, TarHeader header) throws InvalidTar {
    if (extensions.sparse()) {
      throw unsupported(start, name, "a sparse file");
    }
    // In the oldest form nothing else marks a directory.
    boolean directory = !name.isEmpty() && name.at(name.length() - 1) == '/';
    return directory ? new DirectoryEntry(name, start) : new FileEntry(name, start, size, header.executable());
  }

  private static InvalidTar unsupported(long start, ByteString name, String what) {
    return new InvalidTar(start, name, "it is " + what + ", but only files, directories and links are taken");
  }

  private static String describe(char type) {
    return switch (type) {
      case '3' -> "a character device";
      case '4' -> "a block device";
      case '6' -> "a fifo";
      case 'S' -> "a sparse file";
      case 'M' -> "the rest of a file that began in another volume";
      case 'V' -> "the name of a volume";
      default -> "of the type " + (type > ' ' && type < 0x7f ? "'" + type + "'" : Integer.toString(type));
    };
  }

  /** Ends after its bytes, and never before them: that is an {@link InvalidTar}. */
  private final class Content extends InputStream {

    private final ByteString name;
    private final long size;
    private long remaining;

    Content(ByteString name, long size) {
      this.name = name;
      this.size = size;
      this.remaining = size;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int from, int length) throws IOException {
      if (remaining == 0 || length == 0) {
        return length == 0 ? 0 : -1;
      }
      int read = in.read(target, from, (int) Math.min(length, remaining));
      if (read < 0) {
        throw new InvalidTar(offset, name, "the tar ends in its content, of which " + remaining + " of " + size
            + " bytes are missing");
      }
      offset += read;
      remaining -= read;
      return read;
    }

    /** Passes over what was not read, and what fills the last block up. */
    void finish() throws IOException {
      transferTo(OutputStream.nullOutputStream());
      int padding = (int) (-size & TarHeader.LENGTH - 1);
      int passed = in.readNBytes(block, 0, padding);
      offset += passed;
      if (passed < padding) {
        throw new InvalidTar(offset, name, "the tar ends in the block after its content, of which " + (padding - passed)
            + " bytes are missing");
      }
    }
  }
}
