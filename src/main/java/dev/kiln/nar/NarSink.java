package dev.kiln.nar;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.TreeSink;

/**
 * Writes the tree that it receives as a NAR (Nix: archive.cc) and passes it on, so that one pass gives NAR hash, references and
 * castore. The NAR is complete, and flushed to its stream, when the root is.
 */
public final class NarSink implements TreeSink {

  private static final VarHandle LITTLE_ENDIAN = MethodHandles.byteArrayViewVarHandle(long[].class,
      ByteOrder.LITTLE_ENDIAN);

  private final OutputStream out;
  private final @Nullable TreeSink next;

  private final byte[] buffer = new byte[1 << 16];
  private int buffered;
  private long flushed;
  private int depth;

  /** @param out is left open */
  public NarSink(OutputStream out) {
    this(out, null);
  }

  /**
   * @param out is left open
   * @param next receives the same tree
   */
  public NarSink(OutputStream out, @Nullable TreeSink next) {
    this.out = out;
    this.next = next;
  }

  /** @return of the NAR so far, in bytes */
  public long size() {
    return flushed + buffered;
  }

  @Override
  public void enterDirectory(@Nullable PathComponent name) throws IOException {
    beginNode(name);
    write(NarFormat.DIRECTORY);
    depth++;
    if (next != null) {
      next.enterDirectory(name);
    }
  }

  @Override
  public void leaveDirectory() throws IOException {
    depth--;
    endNode();
    if (next != null) {
      next.leaveDirectory();
    }
  }

  /** @throws IOException also if {@code content} is not {@code size} bytes long */
  @Override
  public void file(@Nullable PathComponent name, boolean executable, long size, InputStream content)
      throws IOException {
    beginNode(name);
    write(executable ? NarFormat.EXECUTABLE : NarFormat.FILE);
    writeNumber(size);
    Content read = new Content(content);
    if (next != null) {
      next.file(name, executable, size, read);
    }
    read.drain();
    if (read.count != size) {
      throw new IOException("file '" + (name == null ? "" : name) + "' has " + read.count + " bytes, not " + size);
    }
    writePadding(size);
    endNode();
  }

  @Override
  public void symlink(@Nullable PathComponent name, ByteString target) throws IOException {
    beginNode(name);
    write(NarFormat.SYMLINK);
    writeString(target);
    endNode();
    if (next != null) {
      next.symlink(name, target);
    }
  }

  private void beginNode(@Nullable PathComponent name) throws IOException {
    if (name == null) {
      write(NarFormat.HEADER);
    } else {
      write(NarFormat.ENTRY);
      writeString(name.bytes());
      write(NarFormat.NODE);
    }
  }

  /** Closes the node, and the entry around it; or ends the NAR with the root. */
  private void endNode() throws IOException {
    write(NarFormat.CLOSE);
    if (depth > 0) {
      write(NarFormat.CLOSE);
    } else {
      flushBuffer();
      out.flush();
    }
  }

  private void writeString(ByteString value) throws IOException {
    writeNumber(value.length());
    reserve(value.length());
    value.copyTo(0, buffer, buffered, value.length());
    buffered += value.length();
    writePadding(value.length());
  }

  private void writeNumber(long value) throws IOException {
    reserve(Long.BYTES);
    LITTLE_ENDIAN.set(buffer, buffered, value);
    buffered += Long.BYTES;
  }

  private void writePadding(long length) throws IOException {
    reserve(Long.BYTES);
    LITTLE_ENDIAN.set(buffer, buffered, 0L);
    buffered += NarFormat.padding(length);
  }

  private void write(byte[] words) throws IOException {
    reserve(words.length);
    System.arraycopy(words, 0, buffer, buffered, words.length);
    buffered += words.length;
  }

  private void reserve(int length) throws IOException {
    if (buffer.length - buffered < length) {
      flushBuffer();
    }
  }

  private void flushBuffer() throws IOException {
    out.write(buffer, 0, buffered);
    flushed += buffered;
    buffered = 0;
  }

  private void writeContent(byte[] content, int offset, int length) throws IOException {
    if (length < buffer.length / 2) {
      reserve(length);
      System.arraycopy(content, offset, buffer, buffered, length);
      buffered += length;
    } else {
      flushBuffer();
      out.write(content, offset, length);
      flushed += length;
    }
  }

  /** A file's content, written to the NAR as it is read. */
  private final class Content extends InputStream {

    private final InputStream in;
    private long count;

    Content(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int read = in.read(target, offset, length);
      if (read > 0) {
        count += read;
        writeContent(target, offset, read);
      }
      return read;
    }

    /** Reads what the next sink left. */
    void drain() throws IOException {
      do {
        if (buffered == buffer.length) {
          flushBuffer();
        }
        int read = in.read(buffer, buffered, buffer.length - buffered);
        if (read < 0) {
          return;
        }
        buffered += read;
        count += read;
      } while (true);
    }
  }
}
