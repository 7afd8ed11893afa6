package dev.kiln.castore.fs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Blobs;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.posix.DirectoryFd;
import dev.kiln.posix.Errno;
import dev.kiln.posix.FileFd;
import dev.kiln.posix.PosixException;
import dev.kiln.posix.TreeRemoval;

/**
 * Gives blobs names in trees, by hard links: a file that is not executable shares the inode of its blob; the executable ones of
 * the same content share one copy, kept here. Where a link cannot be (a blob in a pack, too many links, another file system), a
 * copy is.
 */
final class BlobLinks {

  static final int FILE = 0444;
  static final int EXECUTABLE = 0555;
  static final long ONE_SECOND = 1;
  private static final String TEMPORARY = "new-";

  private final Blobs blobs;
  private final Function<Blake3Digest, Path> blobFile;
  private final DirectoryFd executables;
  private final AtomicLong temporaries = new AtomicLong();

  /** @param executables a directory for the copies, on the file system of the trees */
  BlobLinks(Blobs blobs, Function<Blake3Digest, Path> blobFile, DirectoryFd executables) {
    this.blobs = blobs;
    this.blobFile = blobFile;
    this.executables = executables;
  }

  /** @throws MissingBlobException if the content is not here */
  void place(FileNode file, DirectoryFd directory, ByteString name) throws IOException {
    boolean placed = file.executable()
        ? linkExecutable(file.digest(), directory, name)
        : linkFile(file.digest(), directory, name);
    if (!placed) {
      copy(file.digest(), directory, name, file.executable() ? EXECUTABLE : FILE);
    }
  }

  private boolean linkFile(Blake3Digest digest, DirectoryFd directory, ByteString name) throws IOException {
    try {
      directory.link(blobFile.apply(digest), name);
      return true;
    } catch (PosixException e) {
      // a small blob is no file of its own
      return !e.is(Errno.ENOENT) && requireReasonToCopy(e);
    }
  }

  private boolean linkExecutable(Blake3Digest digest, DirectoryFd directory, ByteString name) throws IOException {
    ByteString kept = ByteString.utf8(digest.hex());
    try {
      directory.link(executables, kept, name);
      return true;
    } catch (PosixException e) {
      if (!e.is(Errno.ENOENT)) {
        return requireReasonToCopy(e);
      }
    }
    ByteString temporary = ByteString.utf8(TEMPORARY + temporaries.incrementAndGet());
    try {
      copy(digest, executables, temporary, EXECUTABLE);
      directory.link(executables, temporary, name);
      executables.rename(temporary, executables, kept);
      return true;
    } catch (PosixException e) {
      return requireReasonToCopy(e);
    } finally {
      // After the rename there is nothing of that name.
      TreeRemoval.remove(executables, temporary);
    }
  }

  private static boolean requireReasonToCopy(PosixException e) throws PosixException {
    if (e.is(Errno.EMLINK) || e.is(Errno.EXDEV) || e.is(Errno.EPERM) || e.is(Errno.EOPNOTSUPP)) {
      return false;
    }
    throw e;
  }

  private void copy(Blake3Digest digest, DirectoryFd directory, ByteString name, int permissions) throws IOException {
    try (InputStream content = Channels.newInputStream(blobs.open(digest));
        FileFd copy = directory.createFile(name,
            0600)) {
      OutputStream out = copy.outputStream();
      content.transferTo(out);
      copy.chmod(permissions);
      copy.setTimes(ONE_SECOND);
    }
  }

  /** Deletes what a process that was killed left. Before anything is placed. */
  void removeHalfMade() throws IOException {
    for (DirectoryFd.Entry entry : executables.list()) {
      if (isTemporary(entry)) {
        executables.unlink(entry.name());
      }
    }
  }

  /** Deletes the copies that no tree has any more. Trees may be laid out at the same time: a link that they got stays. */
  synchronized void sweep() throws IOException {
    for (DirectoryFd.Entry entry : executables.list()) {
      if (!isTemporary(entry) && executables.status(entry.name()).links() == 1) {
        executables.unlink(entry.name());
      }
    }
  }

  private static boolean isTemporary(DirectoryFd.Entry entry) {
    return entry.name().startsWith(ByteString.utf8(TEMPORARY));
  }
}
