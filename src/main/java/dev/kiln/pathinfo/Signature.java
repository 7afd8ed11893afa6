package dev.kiln.pathinfo;

/** Someone's word for a path: {@code <key name>:<base64 of an Ed25519 signature>} (Nix: local-keys.cc). */
public record Signature(String keyName, String base64) {

  @Override
  public String toString() {
    return keyName + ":" + base64;
  }
}
