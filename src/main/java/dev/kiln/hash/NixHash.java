package dev.kiln.hash;

import java.security.MessageDigest;

import dev.kiln.bytes.ByteString;

/** A digest and the algorithm that made it (Nix: hash.cc). */
public record NixHash(HashAlgorithm algorithm, ByteString value) {

  public NixHash {
    if (value.length() != algorithm.length()) {
      throw new InvalidHash(
          algorithm.nixName() + " has " + algorithm.length() + " bytes, not the " + value.length() + " of "
              + value.hex());
    }
  }

  public static NixHash sha256(byte[] digest) {
    return new NixHash(HashAlgorithm.SHA256, ByteString.copyOf(digest));
  }

  /** @return of what was given to {@code digest}, which is reset */
  public static NixHash finish(HashAlgorithm algorithm, MessageDigest digest) {
    return new NixHash(algorithm, ByteString.owning(digest.digest()));
  }
}
