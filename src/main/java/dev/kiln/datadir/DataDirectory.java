package dev.kiln.datadir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The directory {@code kiln.data-dir}, held under an exclusive lock (on its file {@code lock}) from {@link #open} to
 * {@link #close}. The kernel drops the lock when the process ends, however it ends.
 */
public final class DataDirectory implements AutoCloseable {

  /**
   * What this JVM holds. A POSIX lock belongs to the process, and closing any descriptor of the file drops it: opening
   * the lock file a second time, just to find it locked, would quietly unlock the first holder.
   */
  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileChannel lock;

  private DataDirectory(Path path, FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * Creates {@code directory} where it is missing and takes its lock.
   *
   * @throws DataDirectoryException it cannot be created or written, or another Kiln holds it
   */
  public static DataDirectory open(Path directory) {
    Path path;
    try {
      path = Files.createDirectories(directory.toAbsolutePath().normalize()).toRealPath();
    } catch (FileAlreadyExistsException e) {
      throw new DataDirectoryException("The data directory " + directory + " is not a directory",
          "Set kiln.data-dir to a directory.", e);
    } catch (IOException e) {
      throw unusable(directory, e);
    }
    if (!HELD_HERE.add(path))
      throw inUse(path, "this process");
    boolean taken = false;
    try {
      var held = new DataDirectory(path, lock(path));
      taken = true;
      return held;
    } finally {
      if (!taken)
        HELD_HERE.remove(path);
    }
  }

  private static FileChannel lock(Path path) {
    Path file = path.resolve("lock");
    try {
      var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
          StandardOpenOption.WRITE);
      if (channel.tryLock() == null) {
        String holder = Files.readString(file, StandardCharsets.UTF_8).strip();
        channel.close();
        throw inUse(path, holder.isEmpty() ? "another process" : "process " + holder);
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8)));
      return channel;
    } catch (IOException e) {
      throw unusable(path, e);
    }
  }

  private static DataDirectoryException inUse(Path path, String holder) {
    return new DataDirectoryException("The data directory " + path + " is in use by another Kiln (" + holder + ")",
        "Stop the other Kiln, or give this one a directory of its own: --kiln.data-dir=/another/directory", null);
  }

  private static DataDirectoryException unusable(Path path, IOException cause) {
    return new DataDirectoryException("The data directory " + path + " cannot be used: " + cause,
        "Make it a directory that the user '" + System.getProperty("user.name")
            + "' may write, or set kiln.data-dir to one that is.",
        cause);
  }

  /** @return the directory itself: absolute, without symbolic links */
  public Path path() {
    return path;
  }

  /** @return the path of {@code name} below the directory; nothing is created */
  public Path resolve(String name) {
    return path.resolve(name);
  }

  /** Gives the lock back. The file stays: deleting it would let two processes lock two files of the same name. */
  @Override
  public void close() throws IOException {
    lock.close();
    HELD_HERE.remove(path);
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
