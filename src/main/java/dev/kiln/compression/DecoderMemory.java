package dev.kiln.compression;

import java.io.Closeable;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What all decoders together may have of the heap for their dictionaries, whose size the sender decides. Who finds nothing left
 * waits.
 */
final class DecoderMemory {

  private final int total;
  private final Duration patience;
  private final Semaphore left;

  /**
   * @param total in KiB
   * @param patience how long a decoder waits for others to end
   */
  DecoderMemory(int total, Duration patience) {
    this.total = total;
    this.patience = patience;
    this.left = new Semaphore(total, true);
  }

  /** What a decoder may have, until it is closed. */
  static final class Share implements Closeable {

    private final Semaphore from;
    private final int size;
    private final AtomicBoolean taken = new AtomicBoolean(true);

    private Share(Semaphore from, int size) {
      this.from = from;
      this.size = size;
    }

    /** @return in KiB */
    int size() {
      return size;
    }

    @Override
    public void close() {
      if (taken.getAndSet(false)) {
        from.release(size);
      }
    }
  }

  Share nothing() {
    return new Share(left, 0);
  }

  /**
   * Takes a share.
   *
   * @param size in KiB
   * @throws InvalidCompression if there will never be as much, or was not for too long
   */
  Share take(String what, int size) throws InvalidCompression {
    if (size > total) {
      throw new InvalidCompression(
          what + " needs " + size + " KiB of memory to decompress, which is more than " + total, null);
    }
    try {
      if (!left.tryAcquire(size, patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new InvalidCompression(what + " needs " + size + " KiB of memory to decompress, which others used for "
            + patience.toSeconds() + " s", null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InvalidCompression("interrupted", e);
    }
    return new Share(left, size);
  }
}
