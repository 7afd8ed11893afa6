package dev.kiln.store;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;

import dev.kiln.castore.Blobs;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.hash.Blake3Digest;

/**
 * Contents of files, in memory: small ones are kept in the heap, larger ones mapped, the largest mapped piece by piece while they are
 * sent, and not kept.
 */
@Service
public class FileContents {

  /** From this size on a file is mapped, in bytes. */
  static final int MAPPED = 64 << 10;
  /** Above this size a file is not kept, in bytes. */
  static final int LARGEST = 4 << 20;
  /** What is mapped at once of a file that is not kept, in bytes: it counts as memory of the process, once for each client. */
  private static final long WINDOW = 4 << 20;
  /** What an entry takes beside the bytes, in bytes. */
  private static final int OVERHEAD = 250;

  private final Blobs blobs;
  private final Cache<Blake3Digest, FileContent> copied;
  private final Cache<Blake3Digest, FileContent> mapped;

  /** Takes a file's bytes in order. */
  @FunctionalInterface
  public interface Output {

    /** Takes all of {@code bytes}, which are gone when this has returned. */
    void write(ByteBuffer bytes) throws IOException;
  }

  FileContents(Blobs blobs, ReadMemoryProperties properties) {
    this.blobs = blobs;
    // on the thread that puts something in: what is let go later is still there
    this.copied = Caffeine.newBuilder().maximumWeight(properties.fileMemory().toBytes())
        .<Blake3Digest, FileContent>weigher((_, content) -> content.bytes().capacity() + OVERHEAD)
        .executor(Runnable::run).build();
    this.mapped = Caffeine.newBuilder().maximumWeight(properties.mappedMemory().toBytes())
        .<Blake3Digest, FileContent>weigher((_, content) -> content.bytes().capacity() + OVERHEAD)
        .executor(Runnable::run).removalListener(FileContents::removed).build();
  }

  private static void removed(@Nullable Blake3Digest digest, @Nullable FileContent content, RemovalCause cause) {
    if (content != null) {
      content.release();
    }
  }

  /** @return whether all of the file may be held at once */
  public static boolean fits(FileNode file) {
    return file.size() <= LARGEST;
  }

  /** Gives what is in memory already, without waiting for anything. The caller releases it. */
  public @Nullable FileContent held(FileNode file) {
    FileContent content = cache(file).getIfPresent(file.digest());
    return content != null && content.retain() ? content : null;
  }

  /**
   * Makes sure that a file can be sent, and keeps it to be sent again where it {@link #fits}.
   *
   * @return its content, which the caller releases; null if it does not fit
   * @throws MissingBlobException it is not here
   * @throws IOException it is here, but has another size
   */
  public @Nullable FileContent hold(FileNode file) throws IOException {
    if (!blobs.contains(file.digest())) {
      cache(file).invalidate(file.digest());
      throw new MissingBlobException(file.digest());
    }
    FileContent held = held(file);
    if (held != null) {
      return held;
    }
    try (FileChannel blob = blobs.open(file.digest())) {
      requireSize(file, blob);
      if (!fits(file)) {
        return null;
      }
      FileContent content = file.size() < MAPPED ? copy(file, blob) : new FileContent.Mapped(blob, file.size());
      // once for the caller, once for the cache
      content.retain();
      cache(file).put(file.digest(), content);
      return content;
    }
  }

  private static FileContent copy(FileNode file, FileChannel blob) throws IOException {
    ByteBuffer content = ByteBuffer.allocate((int) file.size());
    while (content.hasRemaining()) {
      if (blob.read(content) < 0) {
        throw damaged(file, blob);
      }
    }
    return new FileContent.Copied(content.flip().asReadOnlyBuffer());
  }

  /**
   * Passes a part of a file on.
   *
   * @param from first byte
   * @param to byte after the last
   * @throws IOException the file is not here, or shorter than it should be, or {@code out} fails
   */
  public void write(FileNode file, long from, long to, Output out) throws IOException {
    try (FileChannel blob = blobs.open(file.digest())) {
      requireSize(file, blob);
      for (long at = from; at < to; at += WINDOW) {
        try (Arena arena = Arena.ofShared()) {
          out.write(blob.map(MapMode.READ_ONLY, at, Math.min(WINDOW, to - at), arena).asByteBuffer());
        }
      }
    }
  }

  private Cache<Blake3Digest, FileContent> cache(FileNode file) {
    return file.size() < MAPPED ? copied : mapped;
  }

  private static void requireSize(FileNode file, FileChannel blob) throws IOException {
    if (blob.size() != file.size()) {
      throw damaged(file, blob);
    }
  }

  private static IOException damaged(FileNode file, FileChannel blob) throws IOException {
    return new IOException("blob " + file.digest() + " has " + blob.size() + " bytes, not " + file.size());
  }
}
