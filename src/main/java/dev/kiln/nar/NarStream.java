package dev.kiln.nar;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Blobs;
import dev.kiln.castore.Directory;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.NodeVisitor;
import dev.kiln.castore.PathComponent;
import dev.kiln.nar.NarWriter.Output;

/**
 * Writes the NAR of the tree that it is shown, or a part of it. Files are read into one buffer, between the NAR's words, and
 * passed on when it is full; of large ones, mapped windows are passed on. Files that lie outside the part are not opened.
 */
final class NarStream implements NodeVisitor {

  /** Says that the part is complete; not an error, and so without a stack trace. */
  static final class Complete extends IOException {
    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  /** From this size on a mapping costs less than a copy, in bytes. */
  private static final long MAPPED = 1 << 20;
  /** What is mapped at once, in bytes: it counts as memory of the process, once for each client. */
  private static final long WINDOW = 4 << 20;

  private static final byte[] ZEROS = new byte[Long.BYTES];

  private final Blobs blobs;
  private final Blobs.Reader reader;
  private final long from;
  private final long to;
  private final ByteBuffer buffer;
  private final Output out;

  private long position;
  private int depth;

  /**
   * @param from first byte of the part
   * @param to byte after its last
   * @param buffer of 16 bytes or more; only if it is direct, files are mapped
   */
  NarStream(Blobs blobs, long from, long to, ByteBuffer buffer, Output out) {
    this.blobs = blobs;
    this.reader = blobs.reader();
    this.from = from;
    this.to = to;
    this.buffer = buffer.order(ByteOrder.LITTLE_ENDIAN);
    this.out = out;
  }

  /** @return of the NAR so far, in bytes, whether they belong to the part or not */
  long position() {
    return position;
  }

  /** Passes on what the buffer holds. */
  void flush() throws IOException {
    buffer.flip();
    if (buffer.hasRemaining()) {
      out.write(buffer);
    }
    buffer.clear();
  }

  @Override
  public void enter(@Nullable PathComponent name, DirectoryNode directory, Directory entries) throws IOException {
    blobs.expect(entries.files());
    beginNode(name);
    words(NarFormat.DIRECTORY);
    depth++;
  }

  @Override
  public void leave() throws IOException {
    depth--;
    endNode();
  }

  @Override
  public void file(@Nullable PathComponent name, FileNode file) throws IOException {
    beginNode(name);
    words(file.executable() ? NarFormat.EXECUTABLE : NarFormat.FILE);
    number(file.size());
    long first = Math.max(0, from - position);
    long end = Math.min(file.size(), to - position);
    if (first < end) {
      try (FileChannel blob = reader.open(file.digest())) {
        content(file, blob, first, end);
      }
    }
    advance(file.size());
    zeros(NarFormat.padding(file.size()));
    endNode();
  }

  @Override
  public void symlink(@Nullable PathComponent name, SymlinkNode link) throws IOException {
    beginNode(name);
    words(NarFormat.SYMLINK);
    string(link.target());
    endNode();
  }

  private void content(FileNode file, FileChannel blob, long first, long end) throws IOException {
    if (end - first < buffer.capacity()) {
      small(file, blob, first, (int) (end - first));
      return;
    }
    if (blob.size() != file.size()) {
      throw damaged(file, blob);
    }
    flush();
    if (buffer.isDirect() && end - first >= MAPPED) {
      map(blob, first, end);
    } else {
      copy(file, blob, first, end);
    }
  }

  /** Asks for one byte more than there should be: a file that is too long is seen without another call. */
  private void small(FileNode file, FileChannel blob, long first, int length) throws IOException {
    reserve(length + 1);
    int start = buffer.position();
    buffer.limit(start + length + 1);
    int read;
    do {
      read = blob.read(buffer, first + (buffer.position() - start));
    } while (read > 0 && buffer.position() - start < length);
    int got = buffer.position() - start;
    if (got < length || got > length && first + length == file.size()) {
      throw damaged(file, blob);
    }
    buffer.clear().position(start + length);
  }

  private void copy(FileNode file, FileChannel blob, long first, long end) throws IOException {
    for (long at = first; at < end;) {
      if (!buffer.hasRemaining()) {
        flush();
      }
      buffer.limit((int) Math.min(buffer.capacity(), buffer.position() + (end - at)));
      int read = blob.read(buffer, at);
      buffer.limit(buffer.capacity());
      if (read < 0) {
        throw damaged(file, blob);
      }
      at += read;
    }
  }

  private void map(FileChannel blob, long first, long end) throws IOException {
    for (long at = first; at < end; at += WINDOW) {
      try (Arena arena = Arena.ofShared()) {
        out.write(blob.map(MapMode.READ_ONLY, at, Math.min(WINDOW, end - at), arena).asByteBuffer());
      }
    }
  }

  private static IOException damaged(FileNode file, FileChannel blob) throws IOException {
    return new IOException("blob " + file.digest() + " has " + blob.size() + " bytes, not " + file.size());
  }

  private void beginNode(@Nullable PathComponent name) throws IOException {
    if (name == null) {
      words(NarFormat.HEADER);
    } else {
      words(NarFormat.ENTRY);
      string(name.bytes());
      words(NarFormat.NODE);
    }
  }

  /** Closes the node, and the entry around it. */
  private void endNode() throws IOException {
    words(NarFormat.CLOSE);
    if (depth > 0) {
      words(NarFormat.CLOSE);
    }
  }

  private void string(ByteString value) throws IOException {
    number(value.length());
    if (from <= position && value.length() <= to - position && value.length() <= buffer.capacity()) {
      reserve(value.length());
      buffer.put(value.asByteBuffer());
      advance(value.length());
    } else {
      words(value.toByteArray());
    }
    zeros(NarFormat.padding(value.length()));
  }

  private void number(long value) throws IOException {
    if (from <= position && Long.BYTES <= to - position) {
      reserve(Long.BYTES);
      buffer.putLong(value);
      advance(Long.BYTES);
    } else {
      words(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }
  }

  private void zeros(int length) throws IOException {
    words(ZEROS, length);
  }

  private void words(byte[] bytes) throws IOException {
    words(bytes, bytes.length);
  }

  private void words(byte[] bytes, int length) throws IOException {
    int first = Math.clamp(from - position, 0, length);
    int end = Math.clamp(to - position, 0, length);
    while (first < end) {
      if (!buffer.hasRemaining()) {
        flush();
      }
      int next = Math.min(buffer.remaining(), end - first);
      buffer.put(bytes, first, next);
      first += next;
    }
    advance(length);
  }

  private void reserve(int length) throws IOException {
    if (buffer.remaining() < length) {
      flush();
    }
  }

  private void advance(long length) throws IOException {
    position += length;
    if (position >= to) {
      flush();
      throw new Complete();
    }
  }
}
