package dev.kiln.binarycache;

import java.util.Optional;
import java.util.OptionalLong;

import dev.kiln.hash.NixHash;

/**
 * Where a NAR can be fetched, and in what form.
 *
 * @param url relative to the cache's own, or absolute
 * @param compression as the narinfo names it: {@code none}, {@code xz}, {@code zstd}, …
 * @param hash SHA-256 of the file at {@code url}, where it is known
 * @param size of the file at {@code url}, in bytes, where it is known
 */
public record NarFile(String url, String compression, Optional<NixHash> hash, OptionalLong size) {

  /** The NAR itself, which nothing compresses. */
  public static NarFile plain(String url, NixHash narHash, long narSize) {
    return new NarFile(url, "none", Optional.of(narHash), OptionalLong.of(narSize));
  }

  /** A form that is made while it is sent: nobody knows its hash and size before. */
  public static NarFile streamed(String url, String compression) {
    return new NarFile(url, compression, Optional.empty(), OptionalLong.empty());
  }
}
