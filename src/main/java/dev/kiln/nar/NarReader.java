package dev.kiln.nar;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.TreeSink;

/**
 * Reads NARs, and nothing but what Nix's own writer makes: padding of zeros, names sorted by their bytes, {@code executable} before
 * {@code contents} and with an empty string, nothing after the end (Nix: archive.cc).
 */
public final class NarReader {

  /** Deeper than any file system of Linux lets a tree be walked by path. */
  public static final int DEFAULT_MAX_DEPTH = 16_384;

  private final int maxDepth;

  public NarReader() {
    this(DEFAULT_MAX_DEPTH);
  }

  /** @param maxDepth of directories in each other */
  public NarReader(int maxDepth) {
    this.maxDepth = maxDepth;
  }

  /**
   * Reads {@code nar} to its end and shows the tree to {@code sink}. Memory grows with the tree's depth alone.
   *
   * @return the NAR's size, in bytes
   * @throws InvalidNar if it is none, or ends early; {@code sink} then holds an incomplete tree
   */
  public long read(InputStream nar, TreeSink sink) throws IOException {
    return new Parse(new NarInput(nar), sink, maxDepth).run();
  }

  /** One NAR on its way. */
  private static final class Parse {

    private final NarInput in;
    private final TreeSink sink;
    private final int maxDepth;

    /** For each open directory the last name in it, or nothing. */
    private final Deque<Optional<PathComponent>> open = new ArrayDeque<>();

    Parse(NarInput in, TreeSink sink, int maxDepth) {
      this.in = in;
      this.sink = sink;
      this.maxDepth = maxDepth;
    }

    long run() throws IOException {
      in.expect(NarFormat.MAGIC);
      node(null);
      while (!open.isEmpty()) {
        long offset = in.offset();
        String word = in.word();
        switch (word) {
          case "entry" -> entry();
          case ")" -> leave();
          default -> throw in.unexpected(offset, "'entry' or ')'", word);
        }
      }
      in.expectEnd();
      return in.offset();
    }

    private void entry() throws IOException {
      in.expect("(");
      in.expect("name");
      long offset = in.offset();
      PathComponent name;
      try {
        name = new PathComponent(in.string(PathComponent.MAX_LENGTH, "name"));
      } catch (InvalidCastore e) {
        throw new InvalidNar(offset, e);
      }
      @Nullable
      PathComponent last = open.pop().orElse(null);
      int order = last == null ? 1 : name.compareTo(last);
      if (order <= 0) {
        throw new InvalidNar(offset, order == 0
            ? "name '" + name + "' is there twice"
            : "name '" + name + "' comes after '" + last + "': not in the order of their bytes");
      }
      open.push(Optional.of(name));
      in.expect("node");
      node(name);
    }

    /** Reads a node and the end of its entry; of a directory only the beginning. */
    private void node(@Nullable PathComponent name) throws IOException {
      in.expect("(");
      in.expect("type");
      long offset = in.offset();
      String type = in.word();
      switch (type) {
        case "directory" -> {
          enter(name, offset);
          return;
        }
        case "regular" -> file(name);
        case "symlink" -> symlink(name);
        default -> throw in.unexpected(offset, "'regular', 'symlink' or 'directory'", type);
      }
      in.expect(")");
      endEntry();
    }

    private void enter(@Nullable PathComponent name, long offset) throws IOException {
      if (open.size() == maxDepth) {
        throw new InvalidNar(offset, "more than " + maxDepth + " directories in each other");
      }
      sink.enterDirectory(name);
      open.push(Optional.empty());
    }

    private void leave() throws IOException {
      open.pop();
      sink.leaveDirectory();
      endEntry();
    }

    private void endEntry() throws IOException {
      if (!open.isEmpty()) {
        in.expect(")");
      }
    }

    private void file(@Nullable PathComponent name) throws IOException {
      long offset = in.offset();
      String word = in.word();
      boolean executable = word.equals("executable");
      if (executable) {
        in.expect("");
        offset = in.offset();
        word = in.word();
      }
      if (!word.equals("contents")) {
        throw in.unexpected(offset, executable ? "'contents'" : "'executable' or 'contents'", word);
      }
      long size = in.number();
      if (size < 0) {
        throw new InvalidNar(offset, "a file of " + Long.toUnsignedString(size) + " bytes, more than 2^63");
      }
      NarInput.Content content = in.content(size);
      sink.file(name, executable, size, content);
      content.finish();
      in.padding(size);
    }

    private void symlink(@Nullable PathComponent name) throws IOException {
      in.expect("target");
      long offset = in.offset();
      ByteString target = in.string(SymlinkNode.MAX_LENGTH, "link target");
      try {
        target = new SymlinkNode(target).target();
      } catch (InvalidCastore e) {
        throw new InvalidNar(offset, e);
      }
      sink.symlink(name, target);
    }
  }
}
