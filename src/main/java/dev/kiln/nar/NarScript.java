package dev.kiln.nar;

import java.io.IOException;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.BlobSequence;
import dev.kiln.castore.Directory;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.NodeVisitor;
import dev.kiln.castore.PathComponent;

/**
 * A tree without its contents, in the order of a NAR and in few bytes, read step by step. Each step is a byte that says which; but for
 * {@link Step#LEAVE} the name's length and the name, of the root an empty one; for a file its size, for a link its target's length and the
 * target. Numbers are of seven bits a byte, least significant first.
 */
final class NarScript {

  enum Step {
    LEAVE(0), ENTER(1), FILE(2), EXECUTABLE(3), SYMLINK(4);

    private final byte code;

    Step(int code) {
      this.code = (byte) code;
    }

    private static Step of(byte code) {
      return switch (code) {
        case 0 -> LEAVE;
        case 1 -> ENTER;
        case 2 -> FILE;
        case 3 -> EXECUTABLE;
        case 4 -> SYMLINK;
        default -> throw new IllegalArgumentException("there is no step " + code);
      };
    }
  }

  /** Says that a script would be longer than it may be; not an error, and so without a stack trace. */
  static final class TooLong extends IOException {
    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  private final byte[] bytes;
  private int at;

  private Step step = Step.LEAVE;
  private int name;
  private int nameLength;
  private long size;
  private int target;
  private int targetLength;

  NarScript(byte[] bytes) {
    this.bytes = bytes;
  }

  /** @return whether there is another step */
  boolean next() {
    if (at == bytes.length) {
      return false;
    }
    step = Step.of(bytes[at++]);
    if (step != Step.LEAVE) {
      nameLength = (int) number();
      name = at;
      at += nameLength;
    }
    switch (step) {
      case FILE, EXECUTABLE -> size = number();
      case SYMLINK -> {
        targetLength = (int) number();
        target = at;
        at += targetLength;
      }
      case LEAVE, ENTER -> {
      }
    }
    return true;
  }

  Step step() {
    return step;
  }

  /** @return where in the script the name begins */
  int name() {
    return name;
  }

  /** @return in bytes; 0 for the root */
  int nameLength() {
    return nameLength;
  }

  /** @return of the file, in bytes */
  long size() {
    return size;
  }

  /** @return where in the script the link's target begins */
  int target() {
    return target;
  }

  /** @return in bytes */
  int targetLength() {
    return targetLength;
  }

  private long number() {
    long number = 0;
    for (int shift = 0;; shift += 7) {
      byte next = bytes[at++];
      number |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return number;
      }
    }
  }

  /** Writes the script of the tree that it is shown, and hands on its files. */
  static final class Recorder implements NodeVisitor {

    /** Of a step but for its strings, in bytes. */
    private static final int LONGEST_STEP = 16;

    private final BlobSequence.Builder blobs;
    private final int limit;
    private byte[] bytes = new byte[256];
    private int length;

    /** @param limit for the script and {@code blobs}, in bytes; past it, {@link TooLong} is thrown */
    Recorder(BlobSequence.Builder blobs, int limit) {
      this.blobs = blobs;
      this.limit = limit;
    }

    byte[] script() {
      return Arrays.copyOf(bytes, length);
    }

    @Override
    public void enter(@Nullable PathComponent name, DirectoryNode directory, Directory entries) throws IOException {
      begin(Step.ENTER, name, 0);
    }

    @Override
    public void leave() throws IOException {
      reserve(1);
      bytes[length++] = Step.LEAVE.code;
    }

    @Override
    public void file(@Nullable PathComponent name, FileNode file) throws IOException {
      begin(file.executable() ? Step.EXECUTABLE : Step.FILE, name, 0);
      number(file.size());
      blobs.add(file);
    }

    @Override
    public void symlink(@Nullable PathComponent name, SymlinkNode link) throws IOException {
      begin(Step.SYMLINK, name, link.target().length());
      string(link.target());
    }

    private void begin(Step step, @Nullable PathComponent name, int more) throws IOException {
      ByteString bytesOfName = name == null ? ByteString.EMPTY : name.bytes();
      reserve(LONGEST_STEP + bytesOfName.length() + more);
      bytes[length++] = step.code;
      string(bytesOfName);
    }

    private void string(ByteString value) {
      number(value.length());
      value.copyTo(0, bytes, length, value.length());
      length += value.length();
    }

    private void number(long value) {
      long rest = value;
      while (rest > 0x7f) {
        bytes[length++] = (byte) (rest | 0x80);
        rest >>>= 7;
      }
      bytes[length++] = (byte) rest;
    }

    private void reserve(int more) throws TooLong {
      if (length + more + blobs.footprint() > limit) {
        throw new TooLong();
      }
      if (bytes.length - length < more) {
        bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
      }
    }
  }
}
