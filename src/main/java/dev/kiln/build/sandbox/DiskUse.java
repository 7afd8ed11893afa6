package dev.kiln.build.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import dev.kiln.bytes.ByteString;
import dev.kiln.posix.DirectoryCursor;
import dev.kiln.posix.DirectoryFd;
import dev.kiln.posix.FileStatus;

/**
 * Adds up what the files below directories take on the disk, empty ones too, while somebody may change them. What vanishes or cannot be read meanwhile
 * is left out. Files with several names count once. Nothing in other mounts or behind links counts.
 */
final class DiskUse {

  /** What an entry takes, however empty it is: an inode, and its name. */
  private static final long ENTRY = 512;

  private record Inode(long device, long inode) {}

  private final Set<Inode> linked = new HashSet<>();
  private long bytes;

  private DiskUse() {}

  /** @return in bytes, as far as it could be seen */
  static long of(List<Path> directories) {
    DiskUse use = new DiskUse();
    for (Path directory : directories) {
      try (DirectoryFd top = DirectoryFd.open(directory); DirectoryCursor cursor = new DirectoryCursor(top)) {
        use.add(cursor);
      } catch (IOException _) {
        // It is being changed: the next look, or the one after the builder's end, will tell
      }
    }
    return use.bytes;
  }

  private void add(DirectoryCursor cursor) throws IOException {
    FileStatus top = cursor.status();
    Deque<Deque<ByteString>> pending = new ArrayDeque<>();
    pending.push(list(cursor.here(), top));
    while (!pending.isEmpty()) {
      ByteString child = pending.element().poll();
      if (child == null) {
        pending.pop();
        if (!pending.isEmpty()) {
          cursor.leave();
        }
      } else if (enter(cursor, child)) {
        pending.push(list(cursor.here(), top));
      }
    }
  }

  private static boolean enter(DirectoryCursor cursor, ByteString child) {
    try {
      cursor.enter(child);
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  /** Counts the entries, and returns the directories among them. */
  private Deque<ByteString> list(DirectoryFd directory, FileStatus top) {
    Deque<ByteString> children = new ArrayDeque<>();
    try {
      for (DirectoryFd.Entry entry : directory.list()) {
        count(directory, entry.name(), top, children);
      }
    } catch (IOException _) {
      // The directory went while it was read
      return children;
    }
    return children;
  }

  private void count(DirectoryFd directory, ByteString name, FileStatus top, Deque<ByteString> children) {
    FileStatus status;
    try {
      status = directory.status(name);
    } catch (IOException _) {
      return;
    }
    if (!status.sameMount(top)) {
      return;
    }
    if (status.isDirectory()) {
      children.add(name);
    } else if (status.links() > 1 && !linked.add(new Inode(status.device(), status.inode()))) {
      return;
    }
    bytes += ENTRY + status.allocated();
  }
}
