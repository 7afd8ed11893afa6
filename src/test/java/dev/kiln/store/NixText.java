package dev.kiln.store;

/** A string of the Nix language, as it stands between its quotes; bytes are ISO 8859-1 characters here. */
final class NixText {

  private final StringBuilder text = new StringBuilder();

  /** @param bytes any but NUL, which Nix's strings cannot have */
  NixText raw(String bytes) {
    for (int i = 0; i < bytes.length(); i++) {
      char c = bytes.charAt(i);
      switch (c) {
        case '"', '\\', '$' -> text.append('\\').append(c);
        case '\n' -> text.append("\\n");
        // Nix reads one that stands for itself as a line feed
        case '\r' -> text.append("\\r");
        default -> text.append(c);
      }
    }
    return this;
  }

  NixText nix(String expression) {
    text.append("${").append(expression).append('}');
    return this;
  }

  NixText add(NixText other) {
    text.append(other.text);
    return this;
  }

  /** Adds a word of the shell that stands for {@code bytes}. */
  NixText quoted(String bytes) {
    return raw("'" + bytes.replace("'", "'\\''") + "'");
  }

  /** @return the string, in its quotes */
  @Override
  public String toString() {
    return "\"" + text + "\"";
  }
}
