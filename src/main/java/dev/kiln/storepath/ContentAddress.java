package dev.kiln.storepath;

import dev.kiln.hash.NixHash;

/** How a path's content alone determines its name (Nix: content-address.cc). */
public sealed interface ContentAddress {

  NixHash hash();

  /** A file with references, added as text: derivations and {@code builtins.toFile}. {@code text:sha256:…} */
  record Text(NixHash hash) implements ContentAddress {}

  /** Content of a known hash: sources and fixed outputs. {@code fixed:[r:]<algorithm>:…} */
  record Fixed(IngestionMethod method, NixHash hash) implements ContentAddress {}

  /** What a fixed hash is a hash of. */
  enum IngestionMethod {
    /** The bytes of one regular file that is not executable. */
    FLAT,
    /** The NAR of the tree. */
    RECURSIVE
  }
}
