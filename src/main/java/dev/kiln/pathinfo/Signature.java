package dev.kiln.pathinfo;

/** Someone's word for a path: {@code <key name>:<base64 of an Ed25519 signature>} (Nix: local-keys.cc). */
public record Signature(String keyName, String base64) {

  /** @throws IllegalArgumentException if {@code text} is not of the form {@code <key name>:<base64>} */
  public static Signature parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 1 || colon == text.length() - 1) {
      throw new IllegalArgumentException("signature '" + text + "' is not of the form <key name>:<base64>");
    }
    return new Signature(text.substring(0, colon), text.substring(colon + 1));
  }

  @Override
  public String toString() {
    return keyName + ":" + base64;
  }
}
