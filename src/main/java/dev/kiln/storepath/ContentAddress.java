package dev.kiln.storepath;

import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.InvalidHash;
import dev.kiln.hash.NixHash;

/** How a path's content alone determines its name (Nix: content-address.cc). */
public sealed interface ContentAddress {

  NixHash hash();

  /** @return as a narinfo's {@code CA:} line has it: {@code fixed:r:sha256:<nixbase32>} */
  String render();

  /**
   * @param text {@code text:sha256:<digest>} or {@code fixed:[r:]<algorithm>:<digest>}
   * @throws InvalidStorePath if it is neither
   */
  static ContentAddress parse(String text) {
    try {
      if (text.startsWith(Text.PREFIX)) {
        return new Text(prefixed(text, Text.PREFIX));
      }
      String recursive = Fixed.PREFIX + IngestionMethod.RECURSIVE.prefix();
      if (text.startsWith(recursive)) {
        return new Fixed(IngestionMethod.RECURSIVE, prefixed(text, recursive));
      }
      if (text.startsWith(Fixed.PREFIX)) {
        return new Fixed(IngestionMethod.FLAT, prefixed(text, Fixed.PREFIX));
      }
    } catch (InvalidHash e) {
      throw new InvalidStorePath("'" + text + "' is not a content address: " + e.getMessage());
    }
    throw new InvalidStorePath("'" + text + "' is not a content address: it begins neither with 'text:' nor 'fixed:'");
  }

  private static NixHash prefixed(String text, String prefix) {
    String hash = text.substring(prefix.length());
    // content addresses know no SRI form
    if (hash.indexOf(':') < 0) {
      throw new InvalidHash("hash '" + hash + "' is not of the form <algorithm>:<digest>");
    }
    return NixHash.parse(hash);
  }

  /** A file with references, added as text: derivations and {@code builtins.toFile}. {@code text:sha256:…} */
  record Text(NixHash hash) implements ContentAddress {

    private static final String PREFIX = "text:";

    public Text {
      if (hash.algorithm() != HashAlgorithm.SHA256) {
        throw new InvalidStorePath("a text is addressed by sha256, not by '" + hash.prefixedBase32() + "'");
      }
    }

    @Override
    public String render() {
      return PREFIX + hash.prefixedBase32();
    }
  }

  /** Content of a known hash: sources and fixed outputs. {@code fixed:[r:]<algorithm>:…} */
  record Fixed(IngestionMethod method, NixHash hash) implements ContentAddress {

    private static final String PREFIX = "fixed:";

    @Override
    public String render() {
      return PREFIX + method.prefix() + hash.prefixedBase32();
    }
  }

  /** What a fixed hash is a hash of. */
  enum IngestionMethod {
    /** The bytes of one regular file that is not executable. */
    FLAT(""),
    /** The NAR of the tree. */
    RECURSIVE("r:");

    private final String prefix;

    IngestionMethod(String prefix) {
      this.prefix = prefix;
    }

    /** @return what stands before the algorithm in content addresses, fingerprints and derivations */
    public String prefix() {
      return prefix;
    }
  }
}
