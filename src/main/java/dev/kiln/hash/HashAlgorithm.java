package dev.kiln.hash;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Optional;

/** The hash algorithms that derivations name (Nix: hash.cc). */
public enum HashAlgorithm {
  MD5("md5", "MD5", 16), SHA1("sha1", "SHA-1", 20), SHA256("sha256", "SHA-256", 32), SHA512("sha512", "SHA-512", 64);

  private final String nixName;
  private final String jdkName;
  private final int length;

  HashAlgorithm(String nixName, String jdkName, int length) {
    this.nixName = nixName;
    this.jdkName = jdkName;
    this.length = length;
  }

  public static Optional<HashAlgorithm> named(String nixName) {
    return Arrays.stream(values()).filter(algorithm -> algorithm.nixName.equals(nixName)).findFirst();
  }

  /** @return as Nix spells it: {@code sha256} */
  public String nixName() {
    return nixName;
  }

  /** @return of a digest, in bytes */
  public int length() {
    return length;
  }

  public MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance(jdkName);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has " + jdkName, e);
    }
  }
}
