package dev.kiln.posix;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

import dev.kiln.bytes.ByteString;

/**
 * Deletes trees that hostile programs may have made: any depth, any names, directories without permissions. Follows no link and
 * goes into no mount.
 */
public final class TreeRemoval {

  private static final int OWNER_MAY_ALL = 0700;

  private final DirectoryCursor cursor;
  private final FileStatus start;
  /** For every directory from the top to the cursor, which children are yet to be entered. */
  private final Deque<Deque<ByteString>> pending = new ArrayDeque<>();

  private TreeRemoval(DirectoryCursor cursor) {
    this.cursor = cursor;
    this.start = cursor.status();
  }

  /**
   * Removes an entry, and all below it if it is a directory. What is not there any more is removed already.
   *
   * @throws IOException if something cannot be removed; what was removed before stays so
   */
  public static void remove(DirectoryFd parent, ByteString name) throws IOException {
    try {
      if (!parent.status(name).isDirectory()) {
        parent.unlink(name);
        return;
      }
    } catch (PosixException e) {
      if (e.is(Errno.ENOENT)) {
        return;
      }
      throw e;
    }
    try (var cursor = new DirectoryCursor(parent)) {
      new TreeRemoval(cursor).removeDirectory(name);
    }
  }

  private void removeDirectory(ByteString top) throws IOException {
    enter(top);
    while (!pending.isEmpty()) {
      ByteString child = pending.element().poll();
      if (child != null) {
        enter(child);
      } else {
        pending.pop();
        ByteString emptied = cursor.leave();
        cursor.here().removeDirectory(emptied);
      }
    }
  }

  private void enter(ByteString name) throws IOException {
    enterEvenIfForbidden(name);
    if (!cursor.status().sameMount(start)) {
      throw new IOException("directory '" + cursor.path() + "' is on another file system: not removed");
    }
    makeWritable();
    Deque<ByteString> children = new ArrayDeque<>();
    for (DirectoryFd.Entry entry : cursor.here().list()) {
      if (isDirectory(entry)) {
        children.add(entry.name());
      } else {
        cursor.here().unlink(entry.name());
      }
    }
    pending.push(children);
  }

  private void enterEvenIfForbidden(ByteString name) throws IOException {
    try {
      cursor.enter(name);
    } catch (PosixException e) {
      if (!e.is(Errno.EACCES)) {
        throw e;
      }
      cursor.here().chmod(name, OWNER_MAY_ALL);
      cursor.enter(name);
    }
  }

  private void makeWritable() throws IOException {
    int permissions = cursor.status().permissions();
    if ((permissions & OWNER_MAY_ALL) != OWNER_MAY_ALL) {
      try {
        cursor.here().chmod(permissions | OWNER_MAY_ALL);
      } catch (PosixException e) {
        // Another's directory, which we may yet be able to write to: unlink will tell.
        if (!e.is(Errno.EPERM)) {
          throw e;
        }
      }
    }
  }

  private boolean isDirectory(DirectoryFd.Entry entry) throws IOException {
    return switch (entry.type()) {
      case DIRECTORY -> true;
      case UNKNOWN -> cursor.here().status(entry.name()).isDirectory();
      default -> false;
    };
  }
}
