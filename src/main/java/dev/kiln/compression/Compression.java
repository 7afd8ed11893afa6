package dev.kiln.compression;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * A compression of a file in a binary cache. Nix names the file's suffix after some of them only (Nix:
 * binary-cache-store.cc): the others are told by their first bytes.
 */
public enum Compression {
  NONE("none", ""), XZ("xz", ".xz"), ZSTD("zstd", ".zst"), BZIP2("bzip2", ".bz2"), BROTLI("br", ".br"), LZ4("lz4",
      ".lz4"), LZIP("lzip", ".lzip"), GZIP("gzip", ""), LZMA("lzma", ""), COMPRESS("compress", "");

  private static final byte[] NAR = "\r\0\0\0\0\0\0\0nix-archive-1\0\0\0".getBytes(StandardCharsets.ISO_8859_1);

  private final String nixName;
  private final String suffix;

  Compression(String nixName, String suffix) {
    this.nixName = nixName;
    this.suffix = suffix;
  }

  /** @param nixName as a narinfo has it: {@code zstd} */
  public static Optional<Compression> named(String nixName) {
    return Arrays.stream(values()).filter(compression -> compression.nixName.equals(nixName)).findFirst();
  }

  /** @param suffix with its dot: {@code .zst}; not empty */
  public static Optional<Compression> ofSuffix(String suffix) {
    return Arrays.stream(values()).filter(compression -> !suffix.isEmpty() && compression.suffix.equals(suffix))
        .findFirst();
  }

  /**
   * Tells the compression of a NAR whose name has no suffix.
   *
   * @param nar supports marks, and is left at its beginning
   * @return nothing if it begins as no compression without a suffix does
   */
  public static Optional<Compression> sniff(InputStream nar) throws IOException {
    nar.mark(NAR.length);
    byte[] first = nar.readNBytes(NAR.length);
    nar.reset();
    if (Arrays.equals(first, NAR)) {
      return Optional.of(NONE);
    }
    if (startsWith(first, 0x1f, 0x8b)) {
      return Optional.of(GZIP);
    }
    if (startsWith(first, 0x1f, 0x9d)) {
      return Optional.of(COMPRESS);
    }
    // lc=3, lp=0, pb=2, as every encoder writes, and a dictionary of whole kilobytes
    return startsWith(first, 0x5d, 0x00) ? Optional.of(LZMA) : Optional.empty();
  }

  private static boolean startsWith(byte[] bytes, int first, int second) {
    return bytes.length >= 2 && bytes[0] == (byte) first && bytes[1] == (byte) second;
  }

  /** @return as a narinfo has it */
  public String nixName() {
    return nixName;
  }

  /** @return with its dot, or nothing where Nix gives none */
  public String suffix() {
    return suffix;
  }
}
