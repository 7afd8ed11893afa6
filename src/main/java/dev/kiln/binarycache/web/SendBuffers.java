package dev.kiln.binarycache.web;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

import org.jspecify.annotations.Nullable;

/**
 * Buffers in which NARs are made and sent: larger than those of the server's pool, because each that is sent costs two threads a change. They
 * are few, so that many clients at once take no more memory than that pool gives them.
 */
final class SendBuffers {

  /** In bytes. */
  static final int SIZE = 256 << 10;
  private static final int MAX = 8;

  private final BlockingQueue<ByteBuffer> idle = new ArrayBlockingQueue<>(MAX);
  /** How many may still be made. Guarded by this. */
  private int toMake = MAX;

  /** @return one that is empty and to be given back; null if all are in use */
  @Nullable
  ByteBuffer take() {
    ByteBuffer buffer = idle.poll();
    return buffer != null ? buffer : make();
  }

  private synchronized @Nullable ByteBuffer make() {
    if (toMake == 0) {
      return null;
    }
    toMake--;
    return ByteBuffer.allocateDirect(SIZE);
  }

  void giveBack(ByteBuffer buffer) {
    idle.add(buffer.clear());
  }
}
