package dev.kiln.castore.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.TreeSink;
import dev.kiln.posix.DirectoryCursor;
import dev.kiln.posix.DirectoryFd;
import dev.kiln.posix.Errno;
import dev.kiln.posix.FileFd;
import dev.kiln.posix.FileStatus;
import dev.kiln.posix.FileType;
import dev.kiln.posix.PosixException;

/**
 * Reads files from disk as Nix dumps them (archive.cc): entries sorted by the bytes of their names, a regular file executable if
 * its owner may execute it, links as they stand, anything else refused. The tree may be hostile: any names, any depth, links
 * to anywhere. Memory is bounded by the names of the directories from the top to the current node.
 */
public final class FileTree {

  private static final int BUFFER = 256 * 1024;
  private static final int OWNER_READS = 0400;
  private static final int OWNER_READS_AND_SEARCHES = 0500;

  private final DirectoryCursor cursor;
  private final Options options;
  private final UnaryOperator<ByteString> names;
  private final TreeSink sink;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
  /** For every directory from the top to the cursor, what is yet to be read. */
  private final Deque<Iterator<DirectoryFd.Entry>> pending = new ArrayDeque<>();
  private long bytes;
  private long entries;

  private FileTree(DirectoryCursor cursor, Options options, UnaryOperator<ByteString> names, TreeSink sink) {
    this.cursor = cursor;
    this.options = options;
    this.names = names;
    this.sink = sink;
  }

  /**
   * What to take.
   *
   * @param maxBytes in all regular files together, as many times as they have names
   * @param maxEntries files, links and directories, the top one included
   * @param makeReadable gives the owner the permission to read where a builder took it away, and leaves it so
   */
  public record Options(long maxBytes, long maxEntries, boolean makeReadable) {

    public static final Options UNLIMITED = new Options(Long.MAX_VALUE, Long.MAX_VALUE, false);
  }

  /**
   * Shows the entry {@code name} of {@code parent}, and all below it, to {@code sink}.
   *
   * @throws UnsupportedFileType for a fifo, socket or device
   * @throws FileTreeTooLarge beyond what {@code options} take
   * @throws IOException if the tree cannot be read, or changes while it is
   */
  public static void read(DirectoryFd parent, ByteString name, Options options, TreeSink sink) throws IOException {
    read(parent, name, options, UnaryOperator.identity(), sink);
  }

  /**
   * As {@link #read(DirectoryFd, ByteString, Options, TreeSink)}, with other names for the entries below the top, which are shown
   * in the order of these.
   *
   * @param names gives the name that is shown for the one that is there
   */
  public static void read(DirectoryFd parent, ByteString name, Options options, UnaryOperator<ByteString> names,
      TreeSink sink) throws IOException {
    try (var cursor = new DirectoryCursor(parent)) {
      new FileTree(cursor, options, names, sink).readTree(name);
    }
  }

  private void readTree(ByteString top) throws IOException {
    show(null, new DirectoryFd.Entry(top, FileType.UNKNOWN));
    while (!pending.isEmpty()) {
      Iterator<DirectoryFd.Entry> rest = pending.element();
      if (rest.hasNext()) {
        DirectoryFd.Entry entry = rest.next();
        show(new PathComponent(names.apply(entry.name())), entry);
      } else {
        pending.pop();
        cursor.leave();
        sink.leaveDirectory();
      }
    }
  }

  private void show(@Nullable PathComponent name, DirectoryFd.Entry entry) throws IOException {
    count(entry.name());
    FileType type = entry.type() == FileType.UNKNOWN ? cursor.here().status(entry.name()).type() : entry.type();
    switch (type) {
      case DIRECTORY -> enter(name, entry.name());
      case REGULAR -> file(name, entry.name());
      case SYMLINK -> sink.symlink(name, cursor.here().readLink(entry.name()));
      case FIFO, SOCKET, CHARACTER_DEVICE, BLOCK_DEVICE, UNKNOWN -> throw new UnsupportedFileType(cursor.path(entry
          .name()), type);
    }
  }

  private void count(ByteString name) throws IOException {
    if (++entries > options.maxEntries) {
      throw new FileTreeTooLarge(cursor.path(name), options.maxEntries, "files");
    }
  }

  private void enter(@Nullable PathComponent name, ByteString raw) throws IOException {
    if (options.makeReadable) {
      makeSearchable(raw);
    }
    cursor.enter(raw);
    list();
    sink.enterDirectory(name);
  }

  /** Beforehand, because a directory that may be read but not searched opens all the same. */
  private void makeSearchable(ByteString raw) throws IOException {
    int permissions = cursor.here().status(raw).permissions();
    if ((permissions & OWNER_READS_AND_SEARCHES) != OWNER_READS_AND_SEARCHES) {
      cursor.here().chmod(raw, permissions | OWNER_READS_AND_SEARCHES);
    }
  }

  private void list() throws IOException {
    // One more than there is room for, which is then refused by its name.
    int limit = (int) Math.min(Integer.MAX_VALUE - 1, options.maxEntries - entries) + 1;
    List<DirectoryFd.Entry> listed = cursor.here().list(limit);
    listed.sort(Comparator.comparing(entry -> names.apply(entry.name())));
    pending.push(listed.iterator());
  }

  private void file(@Nullable PathComponent name, ByteString raw) throws IOException {
    try (FileFd file = open(raw)) {
      FileStatus before = file.status();
      if (before.type() != FileType.REGULAR) {
        throw new UnsupportedFileType(cursor.path(raw), before.type());
      }
      if (before.size() > options.maxBytes - bytes) {
        throw new FileTreeTooLarge(cursor.path(raw), options.maxBytes, "bytes");
      }
      bytes += before.size();
      Supplier<String> path = () -> cursor.path(raw);
      sink.file(name, before.ownerMayExecute(), before.size(), new ExactContent(file, path, before.size(), buffer));
      requireUnchanged(before, file.status(), path);
    }
  }

  private static void requireUnchanged(FileStatus before, FileStatus after, Supplier<String> path) throws IOException {
    if (after.size() != before.size() || after.modifiedSeconds() != before.modifiedSeconds() || after
        .modifiedNanos() != before.modifiedNanos()) {
      throw new IOException("file '" + path.get() + "' changed while it was read");
    }
  }

  private FileFd open(ByteString raw) throws IOException {
    try {
      return cursor.here().openFile(raw);
    } catch (PosixException e) {
      if (!options.makeReadable || !e.is(Errno.EACCES)) {
        throw e;
      }
      cursor.here().chmod(raw, cursor.here().status(raw).permissions() | OWNER_READS);
      return cursor.here().openFile(raw);
    }
  }
}
