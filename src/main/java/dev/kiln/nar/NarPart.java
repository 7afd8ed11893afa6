package dev.kiln.nar;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

import dev.kiln.bytes.ByteString;
import dev.kiln.nar.NarWriter.Output;

/**
 * The part of a NAR that is wanted. Takes all of the NAR's words in order, and puts those that belong to the part into a buffer, which it
 * passes on when it is full.
 */
final class NarPart {

  /** From this size on a mapping costs less than a copy, in bytes. */
  private static final long MAPPED = 1 << 20;
  /** What is mapped at once, in bytes: it counts as memory of the process, once for each client. */
  private static final long WINDOW = 4 << 20;

  private static final byte[] ZEROS = new byte[Long.BYTES];
  private static final VarHandle LITTLE_ENDIAN = MethodHandles.byteArrayViewVarHandle(long[].class,
      ByteOrder.LITTLE_ENDIAN);

  private final long from;
  private final long to;
  private final ByteBuffer buffer;
  private final Output out;

  /** Words of the part that wait for what follows them: each is a few bytes, and a buffer outside the heap takes its time for each. */
  private final byte[] waiting = new byte[1 << 12];
  private int waitingLength;

  private long position;

  /**
   * @param from first byte of the part
   * @param to byte after its last
   * @param buffer of 16 bytes or more; only if it is direct, files are mapped
   */
  NarPart(long from, long to, ByteBuffer buffer, Output out) {
    this.from = from;
    this.to = to;
    this.buffer = buffer;
    this.out = out;
  }

  /** Reads a file's content. */
  @FunctionalInterface
  interface Source {

    /** @param target whose remaining is to be filled, from {@code position} of the content on */
    void read(long position, ByteBuffer target) throws IOException;
  }

  /** @return of the NAR so far, in bytes, whether they belong to the part or not */
  long position() {
    return position;
  }

  /** @return whether nothing that follows belongs to the part */
  boolean isComplete() {
    return position >= to;
  }

  /** @return whether any of the next {@code length} bytes belongs to the part */
  boolean wants(long length) {
    return Math.max(0, from - position) < Math.min(length, to - position);
  }

  /** Passes on all that there is so far. */
  void flush() throws IOException {
    putWaiting();
    passOn();
  }

  private void passOn() throws IOException {
    buffer.flip();
    if (buffer.hasRemaining()) {
      out.write(buffer);
    }
    buffer.clear();
  }

  void words(byte[] bytes) throws IOException {
    put(bytes, 0, bytes.length);
  }

  void number(long value) throws IOException {
    if (from <= position && Long.BYTES <= to - position && Long.BYTES <= waiting.length - waitingLength) {
      LITTLE_ENDIAN.set(waiting, waitingLength, value);
      waitingLength += Long.BYTES;
      position += Long.BYTES;
    } else {
      words(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }
  }

  void string(ByteString value) throws IOException {
    string(value.toByteArray(), 0, value.length());
  }

  void string(byte[] bytes, int offset, int length) throws IOException {
    number(length);
    put(bytes, offset, length);
    padding(length);
  }

  void padding(long length) throws IOException {
    put(ZEROS, 0, NarFormat.padding(length));
  }

  /** Begins a node, and the entry around it. */
  void beginEntry(byte[] name, int offset, int length) throws IOException {
    words(NarFormat.ENTRY);
    string(name, offset, length);
    words(NarFormat.NODE);
  }

  /** What stands before a file's content. */
  void beginFile(boolean executable, long size) throws IOException {
    words(executable ? NarFormat.EXECUTABLE : NarFormat.FILE);
    number(size);
  }

  /** Closes a node, and the entry around it unless it is the root. */
  void endNode(boolean root) throws IOException {
    words(root ? NarFormat.CLOSE : NarFormat.CLOSE_ENTRY);
  }

  /** Takes a content of {@code size} bytes, by copies. */
  void content(long size, Source source) throws IOException {
    putWaiting();
    long end = Math.min(size, to - position);
    for (long at = Math.max(0, from - position); at < end;) {
      if (!buffer.hasRemaining()) {
        passOn();
      }
      int limit = (int) Math.min(buffer.capacity(), buffer.position() + (end - at));
      int length = limit - buffer.position();
      source.read(at, buffer.limit(limit));
      buffer.limit(buffer.capacity());
      at += length;
    }
    position += size;
  }

  /**
   * Takes a content of {@code size} bytes, in the way that suits what is wanted of it.
   *
   * @param blob has that size
   */
  void content(long size, FileChannel blob) throws IOException {
    long first = Math.max(0, from - position);
    long end = Math.min(size, to - position);
    if (buffer.isDirect() && end - first >= MAPPED) {
      flush();
      map(blob, first, end);
      position += size;
    } else {
      content(size, (at, target) -> read(blob, at, target));
    }
  }

  private void map(FileChannel blob, long first, long end) throws IOException {
    for (long at = first; at < end; at += WINDOW) {
      try (Arena arena = Arena.ofShared()) {
        out.write(blob.map(MapMode.READ_ONLY, at, Math.min(WINDOW, end - at), arena).asByteBuffer());
      }
    }
  }

  private static void read(FileChannel blob, long position, ByteBuffer target) throws IOException {
    for (long at = position; target.hasRemaining();) {
      int read = blob.read(target, at);
      if (read < 0) {
        throw new EOFException("a blob became shorter while it was read");
      }
      at += read;
    }
  }

  /** Passes {@code length} bytes that the part does not want. */
  void pass(long length) {
    position += length;
  }

  private void put(byte[] bytes, int offset, int length) throws IOException {
    int first = Math.clamp(from - position, 0, length);
    int end = Math.clamp(to - position, 0, length);
    position += length;
    for (int at = first; at < end;) {
      if (waitingLength == waiting.length) {
        putWaiting();
      }
      int next = Math.min(waiting.length - waitingLength, end - at);
      System.arraycopy(bytes, offset + at, waiting, waitingLength, next);
      waitingLength += next;
      at += next;
    }
  }

  private void putWaiting() throws IOException {
    for (int at = 0; at < waitingLength;) {
      if (!buffer.hasRemaining()) {
        passOn();
      }
      int next = Math.min(buffer.remaining(), waitingLength - at);
      buffer.put(waiting, at, next);
      at += next;
    }
    waitingLength = 0;
  }
}
