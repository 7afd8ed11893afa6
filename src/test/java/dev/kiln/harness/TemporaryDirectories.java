package dev.kiln.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.springframework.util.FileSystemUtils;

/** Directories that are gone when the JVM is. */
public final class TemporaryDirectories {

  private static final Queue<Path> CREATED = new ConcurrentLinkedQueue<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(TemporaryDirectories::deleteAll));
  }

  private TemporaryDirectories() {}

  public static Path create(String prefix) {
    try {
      Path directory = Files.createTempDirectory(prefix).toRealPath();
      CREATED.add(directory);
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void deleteAll() {
    SharedPostgres.stop();
    for (Path directory : CREATED) {
      try {
        FileSystemUtils.deleteRecursively(directory);
      } catch (IOException e) {
        System.err.println("left behind: " + directory + ": " + e);
      }
    }
  }
}
