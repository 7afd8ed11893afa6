package dev.kiln.castore.fs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

import org.jspecify.annotations.Nullable;

/**
 * Names in {@code tmp}, which several Kilns may share: each begins with the writer's number, and a writer that lives holds a lock on
 * {@code writers/<number>}. So whoever starts can tell what is left over from what is on its way, and no two choose one name. The
 * kernel drops the lock when the process ends, however it ends.
 */
final class TemporaryFiles implements Closeable {

  /**
   * The locks of this JVM. A POSIX lock belongs to the process, and closing any descriptor of the file drops it: opening one's
   * own lock file a second time, just to find it locked, would quietly unlock it.
   */
  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();
  private static final String SEPARATOR = ".";

  private final Path tmp;
  private final String writer;
  private final Path lockFile;
  private final FileChannel lock;

  private TemporaryFiles(Path tmp, String writer, Path lockFile, FileChannel lock) {
    this.tmp = tmp;
    this.writer = writer;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  /** Becomes a writer, and deletes what those left who live no more. */
  static TemporaryFiles open(Path dir) throws IOException {
    Path tmp = Files.createDirectories(dir.resolve("tmp"));
    Path writers = Files.createDirectories(dir.resolve("writers")).toRealPath();
    deleteLeftovers(tmp, writers);
    while (true) {
      String writer = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
      Path file = writers.resolve(writer);
      FileChannel lock = hold(file);
      if (lock != null) {
        return new TemporaryFiles(tmp, writer, file, lock);
      }
    }
  }

  /** @return null if another took the new file for a left-over one before it was locked */
  private static @Nullable FileChannel hold(Path file) throws IOException {
    if (!HELD_HERE.add(file)) {
      return null;
    }
    boolean held = false;
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      held = channel.tryLock() != null && Files.exists(file);
      return held ? channel : null;
    } catch (FileAlreadyExistsException _) {
      return null;
    } finally {
      if (!held) {
        HELD_HERE.remove(file);
        if (channel != null) {
          channel.close();
        }
      }
    }
  }

  /** Nothing begins with a writer's number before its lock is held, and each entry was seen before its writer is asked for. */
  private static void deleteLeftovers(Path tmp, Path writers) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(tmp)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        int end = name.indexOf(SEPARATOR);
        // an earlier Kiln's names have no number
        if (end <= 0 || !lives(writers.resolve(name.substring(0, end)), false)) {
          delete(entry);
        }
      }
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(writers)) {
      for (Path file : files) {
        lives(file, true);
      }
    }
  }

  /** @param bury whether to delete the file of one that does not: under its lock, so that no new writer's is meant */
  private static boolean lives(Path lockFile, boolean bury) throws IOException {
    if (HELD_HERE.contains(lockFile)) {
      return true;
    }
    try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE)) {
      boolean lives = channel.tryLock() == null;
      if (!lives && bury) {
        Files.deleteIfExists(lockFile);
      }
      return lives;
    } catch (NoSuchFileException _) {
      return false;
    } catch (OverlappingFileLockException _) {
      // another that starts in this process is asking, too
      return true;
    }
  }

  /** Deletes a file, or a directory of files. Several that start may do it at once. */
  static void delete(Path entry) throws IOException {
    if (Files.isDirectory(entry)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(entry)) {
        for (Path file : files) {
          Files.deleteIfExists(file);
        }
      } catch (NoSuchFileException _) {
        return;
      }
    }
    Files.deleteIfExists(entry);
  }

  /** @return a name of this writer's; nothing is made */
  Path file(String name) {
    return tmp.resolve(writer + SEPARATOR + name);
  }

  Path createDirectory() throws IOException {
    return Files.createTempDirectory(tmp, writer + SEPARATOR + "batch-");
  }

  /** What is still there is left over from now on. */
  @Override
  public void close() throws IOException {
    if (lock.isOpen()) {
      Files.deleteIfExists(lockFile);
      lock.close();
      HELD_HERE.remove(lockFile);
    }
  }
}
