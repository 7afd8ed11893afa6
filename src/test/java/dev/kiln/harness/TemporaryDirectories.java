package dev.kiln.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.springframework.boot.SpringApplication;
import org.springframework.util.FileSystemUtils;

/** Directories that are gone when the JVM is. */
public final class TemporaryDirectories {

  private static final Queue<Path> CREATED = new ConcurrentLinkedQueue<>();
  /** Longer than a Kiln takes to stop, with its own limits on what it waits for. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final CountDownLatch CONTEXTS = new CountDownLatch(1);
  private static volatile boolean contexts;

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

  /**
   * Hooks of a JVM run at the same time. Where there are Spring contexts, their database and directories have to be there until the last
   * of them is closed: a Kiln that loses its database waits for it in vain, step by step.
   */
  static void outlastSpringContexts() {
    synchronized (TemporaryDirectories.class) {
      if (!contexts) {
        SpringApplication.getShutdownHandlers().add(CONTEXTS::countDown);
        contexts = true;
      }
    }
  }

  private static void deleteAll() {
    try {
      if (contexts && !CONTEXTS.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        System.err.println("Spring contexts did not close in " + PATIENCE);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
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
