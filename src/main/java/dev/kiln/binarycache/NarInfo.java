package dev.kiln.binarycache;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

import dev.kiln.hash.NixHash;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.Signature;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;

/**
 * What a binary cache says of a path (Nix: nar-info.cc).
 *
 * @param narHash SHA-256 of the NAR, before any compression
 * @param narSize of the NAR, before any compression, in bytes
 */
public record NarInfo(StorePath path, NarFile file, NixHash narHash, long narSize, SortedSet<StorePath> references,
    Optional<StorePath> deriver, List<Signature> signatures, Optional<ContentAddress> ca) {

  /** The longest text that is read, in bytes. */
  public static final int MAX_LENGTH = 4 << 20;

  public NarInfo {
    references = Collections.unmodifiableSortedSet(new TreeSet<>(references));
    signatures = List.copyOf(signatures);
  }

  /** @param signatures all that are to be told, in this order */
  public static NarInfo of(PathInfo info, NarFile file, List<Signature> signatures) {
    return new NarInfo(info.path(), file, info.narHash(), info.narSize(), info.references(), info.deriver(), signatures,
        info.ca());
  }

  /**
   * Reads what a client wrote. Keys may come in any order, and unknown ones are passed over, as Nix does.
   *
   * @param text at most {@link #MAX_LENGTH} bytes of UTF-8
   * @throws InvalidNarInfo a line is malformed or repeated, or one that must be there is missing
   */
  public static NarInfo parse(byte[] text) {
    return NarInfoParser.parse(text);
  }

  /** @return the text, its lines in Nix's order */
  public String render() {
    StringBuilder text = new StringBuilder(512);
    line(text, "StorePath", path.toString());
    line(text, "URL", file.url());
    line(text, "Compression", file.compression());
    file.hash().ifPresent(hash -> line(text, "FileHash", hash.prefixedBase32()));
    file.size().ifPresent(size -> line(text, "FileSize", Long.toString(size)));
    line(text, "NarHash", narHash.prefixedBase32());
    line(text, "NarSize", Long.toString(narSize));
    line(text, "References", references.stream().map(StorePath::baseName).collect(Collectors.joining(" ")));
    deriver.ifPresent(derivation -> line(text, "Deriver", derivation.baseName()));
    signatures.forEach(signature -> line(text, "Sig", signature.toString()));
    ca.ifPresent(address -> line(text, "CA", address.render()));
    return text.toString();
  }

  private static void line(StringBuilder text, String key, String value) {
    text.append(key).append(": ").append(value).append('\n');
  }
}
