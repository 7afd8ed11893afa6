package dev.kiln.castore;

import java.util.Collection;
import java.util.Optional;

import dev.kiln.hash.Blake3Digest;

/** Where directories are kept, each once, named by the BLAKE3 digest of their canonical encoding. */
public interface Directories {

  int MAX_PREFETCH = 64;

  Optional<Directory> find(Blake3Digest digest);

  /**
   * Is told that these will be asked for soon, one after the other. May do nothing: it only makes {@link #find} faster.
   *
   * @param digests no more than {@link #MAX_PREFETCH}
   */
  default void prefetch(Collection<Blake3Digest> digests) {}

  /**
   * Keeps directories, children before their parents, or together with them. Durable when it returns; what is there already
   * stays as it is.
   */
  void putAll(Collection<Directory> directories);
}
