package dev.kiln.storepath;

/** What follows the hash in a store path: 1 to 211 of {@code [0-9a-zA-Z+-._?=]} (Nix: path.cc, checkName). */
public record StorePathName(String value) implements Comparable<StorePathName> {

  /** In characters, so that hash, dash, name and {@code .lock} fit in a file name. */
  public static final int MAX_LENGTH = 211;

  private static final boolean[] ALLOWED = new boolean[128];

  static {
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?=".chars().forEach(c -> ALLOWED[c] = true);
  }

  public StorePathName {
    if (value.isEmpty()) {
      throw new InvalidStorePath("the name of a store path is empty");
    }
    if (value.length() > MAX_LENGTH) {
      throw new InvalidStorePath("name '" + value + "' is longer than 211 characters");
    }
    if (!isAllowed(value)) {
      throw new InvalidStorePath("name '" + value + "' has a character that is none of 0-9 a-z A-Z + - . _ ? =");
    }
    // Nix (path.cc): "." and ".." and names that begin with ".-" or "..-" would be taken for directories
    if (value.equals(".") || value.equals("..") || value.startsWith(".-") || value.startsWith("..-")) {
      throw new InvalidStorePath("name '" + value + "' begins as '.' or '..' does");
    }
  }

  /** @return whether {@code text} has only characters that may stand in a name */
  public static boolean isAllowed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= ALLOWED.length || !ALLOWED[c]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int compareTo(StorePathName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
