package dev.kiln.storepath;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A path directly below {@code /nix/store}. Ordered by base name, as Nix orders references. */
public record StorePath(StorePathHash hash, StorePathName name) implements Comparable<StorePath> {

  /** The store that Kiln serves, as every path and fingerprint names it. */
  public static final String STORE_DIR = "/nix/store";

  private static final String DERIVATION = ".drv";
  private static final byte[] PREFIX = (STORE_DIR + "/").getBytes(StandardCharsets.US_ASCII);

  /**
   * @param baseName {@code <32 digits>-<name>}
   * @throws InvalidStorePath if it is not of that form
   */
  public static StorePath parseBaseName(String baseName) {
    if (baseName.length() <= StorePathHash.DIGITS || baseName.charAt(StorePathHash.DIGITS) != '-') {
      throw new InvalidStorePath("'" + baseName + "' is not of the form <32 digits>-<name>");
    }
    return new StorePath(StorePathHash.parse(baseName.substring(0, StorePathHash.DIGITS)),
        new StorePathName(baseName.substring(StorePathHash.DIGITS + 1)));
  }

  /**
   * @param path {@code /nix/store/<32 digits>-<name>}, nothing below it
   * @throws InvalidStorePath if it is not of that form
   */
  public static StorePath parse(String path) {
    if (!path.startsWith(STORE_DIR + "/")) {
      throw new InvalidStorePath("'" + path + "' is not in " + STORE_DIR);
    }
    return parseBaseName(path.substring(STORE_DIR.length() + 1));
  }

  /**
   * As {@link #parse(String)}, of the bytes of {@code text} from {@code from} to {@code to}.
   *
   * @throws InvalidStorePath if it is not of that form
   */
  public static StorePath parse(byte[] text, int from, int to) {
    int digits = from + PREFIX.length;
    int dash = digits + StorePathHash.DIGITS;
    if (dash + 1 >= to || text[dash] != '-' || !Arrays.equals(text, from, digits, PREFIX, 0, PREFIX.length)) {
      // says why not
      return parse(new String(text, from, to - from, StandardCharsets.UTF_8));
    }
    return new StorePath(StorePathHash.parse(text, digits),
        new StorePathName(new String(text, dash + 1, to - dash - 1, StandardCharsets.UTF_8)));
  }

  public boolean isDerivation() {
    return name.value().endsWith(DERIVATION);
  }

  /** @return {@code <32 digits>-<name>} */
  public String baseName() {
    return text(PREFIX.length);
  }

  /** @return without the first {@code from} characters */
  private String text(int from) {
    String value = name.value();
    byte[] text = new byte[PREFIX.length + StorePathHash.DIGITS + 1 + value.length()];
    System.arraycopy(PREFIX, 0, text, 0, PREFIX.length);
    hash.write(text, PREFIX.length);
    text[PREFIX.length + StorePathHash.DIGITS] = '-';
    byte[] ascii = value.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, text, text.length - ascii.length, ascii.length);
    return new String(text, from, text.length - from, StandardCharsets.ISO_8859_1);
  }

  @Override
  public int compareTo(StorePath other) {
    int order = hash.compareTo(other.hash);
    return order != 0 ? order : name.compareTo(other.name);
  }

  /** @return the absolute path */
  @Override
  public String toString() {
    return text(0);
  }
}
