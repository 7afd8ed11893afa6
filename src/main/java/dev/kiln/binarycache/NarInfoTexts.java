package dev.kiln.binarycache;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.springframework.stereotype.Service;

import dev.kiln.binarycache.BinaryCacheException.UnknownHash;
import dev.kiln.bytes.ByteString;
import dev.kiln.storepath.StorePathHash;

/**
 * Narinfos as they are sent, kept for a moment: clients ask for thousands at a time, and again. What is not here is never
 * remembered.
 */
@Service
public class NarInfoTexts {

  /** What an entry takes beside its text, in bytes. */
  private static final int OVERHEAD = 160;

  private final BinaryCache cache;
  private final Cache<StorePathHash, ByteString> texts;

  NarInfoTexts(BinaryCache cache, ReadCacheProperties properties) {
    this.cache = cache;
    this.texts = Caffeine.newBuilder().maximumWeight(properties.narinfoMemory().toBytes())
        .<StorePathHash, ByteString>weigher((_, text) -> text.length() + OVERHEAD)
        .expireAfterWrite(properties.maxStale()).build();
  }

  /**
   * Gives what {@link BinaryCache} says of a path.
   *
   * @throws UnknownHash it is not here
   */
  public ByteString find(StorePathHash hash) throws IOException {
    try {
      return texts.get(hash, this::render);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private ByteString render(StorePathHash hash) {
    try {
      return ByteString.owning(cache.describe(cache.find(hash)).render().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes the next look-up ask again, also where one is on its way: call it after the change is committed. */
  void forget(StorePathHash hash) {
    texts.invalidate(hash);
  }
}
