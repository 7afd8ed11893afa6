package dev.kiln.store;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.util.concurrent.atomic.AtomicInteger;

/** All bytes of a file, in memory. Who was given one releases it when the bytes are no longer needed. */
public sealed interface FileContent {

  /** @return a view of all bytes, read-only */
  ByteBuffer bytes();

  /** @return whether there are still bytes to be had; if so, {@link #release} is to be called once more */
  boolean retain();

  void release();

  /** In the heap: the collector looks after it. */
  record Copied(ByteBuffer content) implements FileContent {

    @Override
    public ByteBuffer bytes() {
      return content.duplicate();
    }

    @Override
    public boolean retain() {
      return true;
    }

    @Override
    public void release() {}
  }

  /** In the file system's cache: unmapped with its last user, because the collector knows nothing of what it takes. */
  final class Mapped implements FileContent {

    private final Arena arena = Arena.ofShared();
    private final ByteBuffer content;
    private final AtomicInteger users = new AtomicInteger(1);

    Mapped(FileChannel file, long size) throws IOException {
      content = map(file, size, arena);
    }

    private static ByteBuffer map(FileChannel file, long size, Arena arena) throws IOException {
      boolean mapped = false;
      try {
        ByteBuffer content = file.map(MapMode.READ_ONLY, 0, size, arena).asByteBuffer();
        mapped = true;
        return content;
      } finally {
        if (!mapped) {
          arena.close();
        }
      }
    }

    @Override
    public ByteBuffer bytes() {
      return content.duplicate();
    }

    @Override
    public boolean retain() {
      return users.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    @Override
    public void release() {
      if (users.decrementAndGet() == 0) {
        arena.close();
      }
    }
  }
}
