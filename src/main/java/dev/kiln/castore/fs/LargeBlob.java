package dev.kiln.castore.fs;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Blobs.Blob;
import dev.kiln.hash.Blake3;

/**
 * Hashes and writes one large blob, on a thread of its own beside the one that reads it, which often hashes too; a third one has
 * the disk take over what is written already, so that little is left to wait for at the end.
 */
final class LargeBlob {

  /** What is read at a time, in bytes, and how many of these may be on the way. */
  private static final int PIECE = 1 << 17;
  private static final int PIECES = 4;
  /** Bytes after which the disk is asked to go on. */
  private static final long FORCE_EVERY = 32 << 20;
  private static final long POLL_MILLIS = 50;
  private static final ThreadFactory THREADS = Thread.ofPlatform().name("large-blob-", 0).daemon().factory();

  private final FileChannel file;
  private final Blake3 blake3 = new Blake3();
  private long size;
  private long forced;
  private @Nullable Future<?> forcing;

  private LargeBlob(FileChannel file) {
    this.file = file;
  }

  private static final class Piece {
    final byte[] bytes = new byte[PIECE];
    int length;
  }

  /**
   * Reads {@code content} to its end. When this returns, or throws, no other thread uses {@code file} any more.
   *
   * @param head what comes before {@code content}
   */
  static Blob write(byte[] head, InputStream content, FileChannel file) throws IOException {
    LargeBlob blob = new LargeBlob(file);
    // no virtual threads: they would hold their carriers, of which there are no more than processors, while the disk works
    try (ExecutorService executor = Executors.newThreadPerTaskExecutor(THREADS)) {
      blob.take(head, head.length, executor);
      blob.relay(content, executor);
      join(blob.forcing);
    }
    return new Blob(blob.blake3.digest(), blob.size);
  }

  private void relay(InputStream content, ExecutorService executor) throws IOException {
    BlockingQueue<Piece> empty = new ArrayBlockingQueue<>(PIECES);
    int made = 0;
    BlockingQueue<Piece> full = new ArrayBlockingQueue<>(PIECES);
    Future<?> writer = executor.submit(() -> {
      for (Piece piece = full.take(); piece.length > 0; piece = full.take()) {
        take(piece.bytes, piece.length, executor);
        empty.add(piece);
      }
      return null;
    });
    boolean read = false;
    try {
      @Nullable
      Piece piece;
      do {
        piece = empty.poll();
        if (piece == null) {
          piece = made++ < PIECES ? new Piece() : next(empty, writer);
        }
        piece.length = content.readNBytes(piece.bytes, 0, PIECE);
        full.add(piece);
      } while (piece.length > 0);
      read = true;
    } finally {
      if (!read) {
        writer.cancel(true);
      }
    }
    join(writer);
  }

  /** @throws IOException if the writer gave up */
  private static Piece next(BlockingQueue<Piece> empty, Future<?> writer) throws IOException {
    try {
      Piece piece = null;
      while (piece == null) {
        piece = empty.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
        if (piece == null && writer.isDone()) {
          join(writer);
          throw new IllegalStateException("the writer ended before what it writes");
        }
      }
      return piece;
    } catch (InterruptedException _) {
      throw interrupted();
    }
  }

  private void take(byte[] bytes, int length, ExecutorService executor) throws IOException {
    blake3.update(bytes, 0, length);
    for (ByteBuffer rest = ByteBuffer.wrap(bytes, 0, length); rest.hasRemaining();) {
      file.write(rest);
    }
    size += length;
    if (size - forced >= FORCE_EVERY && (forcing == null || forcing.isDone())) {
      join(forcing);
      forced = size;
      forcing = executor.submit(() -> {
        file.force(false);
        return null;
      });
    }
  }

  private static void join(@Nullable Future<?> task) throws IOException {
    if (task == null) {
      return;
    }
    try {
      task.get();
    } catch (ExecutionException e) {
      throw new IOException("a blob could not be written: " + e.getCause(), e.getCause());
    } catch (InterruptedException _) {
      throw interrupted();
    }
  }

  private static InterruptedIOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("interrupted while a blob was taken in");
  }
}
