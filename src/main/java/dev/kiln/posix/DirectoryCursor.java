package dev.kiln.posix;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

import dev.kiln.bytes.ByteString;

/**
 * A place in a tree that goes down and up, any depth, with one descriptor open at a time: paths longer than PATH_MAX and trees
 * deeper than the limit of open files are nothing special. Going up is by "..", and verified: if somebody moves a directory
 * while the cursor is below it, the cursor stops instead of leaving the tree. Used by one thread at a time.
 */
public final class DirectoryCursor implements Closeable {

  private static final int SHOWN_NAMES = 6;

  private final Deque<Level> above = new ArrayDeque<>();
  private DirectoryFd here;
  private FileStatus status;

  /** @param name of the directory that was entered from {@code parent} */
  private record Level(FileStatus parent, ByteString name) {}

  /** Starts at {@code start}, which stays open and is not moved. */
  public DirectoryCursor(DirectoryFd start) throws IOException {
    status = start.status();
    here = start.reopen();
  }

  public DirectoryFd here() {
    return here;
  }

  /** What {@link #here} was when it was entered. */
  public FileStatus status() {
    return status;
  }

  /** How far below the start. */
  public int depth() {
    return above.size();
  }

  /**
   * Goes to a child. If it throws, the cursor is where it was.
   *
   * @throws PosixException ENOTDIR or ELOOP, if it is not a directory
   */
  public void enter(ByteString name) throws IOException {
    DirectoryFd child = here.openDirectory(name);
    FileStatus entered;
    try {
      entered = child.status();
    } catch (IOException e) {
      child.close();
      throw e;
    }
    above.push(new Level(status, name));
    moveTo(child, entered);
  }

  /**
   * Goes back to where {@link #enter} was called.
   *
   * @return the name of the directory that was left
   * @throws IOException if that is no longer its parent
   */
  public ByteString leave() throws IOException {
    Level level = above.element();
    DirectoryFd parent = here.openParent();
    if (!parent.status().sameFile(level.parent)) {
      parent.close();
      throw new IOException("directory '" + path() + "' was moved while it was read");
    }
    above.pop();
    moveTo(parent, level.parent);
    return level.name;
  }

  private void moveTo(DirectoryFd next, FileStatus nextStatus) throws IOException {
    here.close();
    here = next;
    status = nextStatus;
  }

  /** For messages: the names from the start to here, of which only the last few if there are many. */
  public String path() {
    StringBuilder path = new StringBuilder();
    Iterator<Level> upwards = above.iterator();
    for (int i = 0; i < SHOWN_NAMES && upwards.hasNext(); i++) {
      path.insert(0, "/" + upwards.next().name);
    }
    return (upwards.hasNext() ? "…" + path : path.isEmpty() ? "." : path.substring(1));
  }

  /** For messages: {@link #path} of an entry. */
  public String path(ByteString name) {
    return above.isEmpty() ? name.toString() : path() + "/" + name;
  }

  @Override
  public void close() throws IOException {
    here.close();
  }
}
