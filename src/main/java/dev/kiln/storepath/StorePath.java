package dev.kiln.storepath;

/** A path directly below {@code /nix/store}. Ordered by base name, as Nix orders references. */
public record StorePath(StorePathHash hash, StorePathName name) implements Comparable<StorePath> {

  /** The store that Kiln serves, as every path and fingerprint names it. */
  public static final String STORE_DIR = "/nix/store";

  private static final String DERIVATION = ".drv";

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

  public boolean isDerivation() {
    return name.value().endsWith(DERIVATION);
  }

  /** @return {@code <32 digits>-<name>} */
  public String baseName() {
    return hash + "-" + name.value();
  }

  @Override
  public int compareTo(StorePath other) {
    int order = hash.compareTo(other.hash);
    return order != 0 ? order : name.compareTo(other.name);
  }

  /** @return the absolute path */
  @Override
  public String toString() {
    return STORE_DIR + "/" + baseName();
  }
}
