package dev.kiln.castore;

import java.util.Collection;
import java.util.Optional;

import dev.kiln.hash.Blake3Digest;

/** Where directories are kept, each once, named by the BLAKE3 digest of their canonical encoding. */
public interface Directories {

  Optional<Directory> find(Blake3Digest digest);

  /**
   * Keeps directories, children before their parents, or together with them. Durable when it returns; what is there already
   * stays as it is.
   */
  void putAll(Collection<Directory> directories);
}
