package dev.kiln.castore.fs;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Forces files to disk, many at a time: their journal commits are then shared, which doubles the rate. */
final class Durability {

  private static final int THREADS = 8;

  private Durability() {}

  /** Makes the bytes and metadata of files durable, and the entries of directories. */
  static void force(List<Path> paths) throws IOException {
    if (paths.size() == 1) {
      force(paths.getFirst());
    } else if (!paths.isEmpty()) {
      forceInParallel(paths);
    }
  }

  static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void forceInParallel(List<Path> paths) throws IOException {
    int threads = Math.min(THREADS, paths.size());
    try (ExecutorService executor = Executors.newFixedThreadPool(threads,
        Thread.ofPlatform().name("fsync-", 0).daemon().factory())) {
      List<Future<?>> parts = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        int first = thread;
        parts.add(executor.submit(() -> {
          for (int i = first; i < paths.size(); i += threads) {
            force(paths.get(i));
          }
          return null;
        }));
      }
      for (Future<?> part : parts) {
        join(part);
      }
    }
  }

  private static void join(Future<?> part) throws IOException {
    try {
      part.get();
    } catch (ExecutionException e) {
      throw new IOException("not made durable: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while files were made durable");
    }
  }
}
