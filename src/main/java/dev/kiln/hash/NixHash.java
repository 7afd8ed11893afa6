package dev.kiln.hash;

import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

import dev.kiln.bytes.ByteString;

/** A digest and the algorithm that made it (Nix: hash.cc). */
public record NixHash(HashAlgorithm algorithm, ByteString value) {

  public NixHash {
    if (value.length() != algorithm.length()) {
      throw new InvalidHash(algorithm.nixName() + " has " + algorithm.length() + " bytes, not the " + value.length()
          + " of '" + value.hex() + "'");
    }
  }

  /** @throws InvalidHash unless {@code digest} has 32 bytes */
  public static NixHash sha256(byte[] digest) {
    return new NixHash(HashAlgorithm.SHA256, ByteString.copyOf(digest));
  }

  /** @return the SHA-256 of {@code content} */
  public static NixHash sha256Of(ByteString content) {
    MessageDigest digest = HashAlgorithm.SHA256.newDigest();
    content.update(digest);
    return finish(HashAlgorithm.SHA256, digest);
  }

  /** @return the SHA-256 of {@code content} as UTF-8 */
  public static NixHash sha256Of(String content) {
    return sha256Of(ByteString.utf8(content));
  }

  /** @return of what was given to {@code digest}, which is reset */
  public static NixHash finish(HashAlgorithm algorithm, MessageDigest digest) {
    return new NixHash(algorithm, ByteString.owning(digest.digest()));
  }

  /**
   * @param text {@code <algorithm>:} and the digest in base16, nixbase32 or base64, told apart by length; or SRI,
   *     {@code <algorithm>-} and the digest in base64
   * @throws InvalidHash if it is neither
   */
  public static NixHash parse(String text) {
    Spelling spelling = Spelling.of(text);
    HashAlgorithm algorithm = spelling.algorithm().orElseThrow(
        () -> new InvalidHash("hash '" + text + "' names no algorithm: write sha256:… or sha256-…"));
    return spelling.decode(algorithm);
  }

  /**
   * @param text as of {@link #parse(String)}, or the bare digest in base16, nixbase32 or base64
   * @param algorithm that is expected
   * @throws InvalidHash if it is none of them, or {@code text} names another algorithm
   */
  public static NixHash parse(String text, HashAlgorithm algorithm) {
    Spelling spelling = Spelling.of(text);
    if (spelling.algorithm().isPresent() && spelling.algorithm().get() != algorithm) {
      throw new InvalidHash("hash '" + text + "' should be of algorithm '" + algorithm.nixName() + "'");
    }
    return spelling.decode(algorithm);
  }

  /**
   * Folds a digest to fewer bytes by XOR (Nix: hash.cc, compressHash).
   *
   * @param length of the result, in bytes
   */
  public static byte[] compress(ByteString digest, int length) {
    byte[] folded = new byte[length];
    for (int i = 0; i < digest.length(); i++) {
      folded[i % length] ^= digest.at(i);
    }
    return folded;
  }

  public String base16() {
    return value.hex();
  }

  public String base32() {
    return NixBase32.encode(value.toByteArray());
  }

  public String base64() {
    return Base64.getEncoder().encodeToString(value.toByteArray());
  }

  /** @return {@code sha256-<base64>} */
  public String sri() {
    return algorithm.nixName() + "-" + base64();
  }

  /** @return {@code sha256:<nixbase32>} */
  public String prefixedBase32() {
    return algorithm.nixName() + ":" + base32();
  }

  /** @return {@code sha256:<base16>} */
  public String prefixedBase16() {
    return algorithm.nixName() + ":" + base16();
  }

  /** @return in SRI form */
  @Override
  public String toString() {
    return sri();
  }

  /**
   * A hash's text, taken apart.
   *
   * @param text the whole
   * @param sri whether it is in SRI form, which knows base64 only
   */
  private record Spelling(String text, Optional<HashAlgorithm> algorithm, boolean sri, String digits) {

    static Spelling of(String text) {
      int colon = text.indexOf(':');
      int separator = colon >= 0 ? colon : text.indexOf('-');
      if (separator < 0) {
        return new Spelling(text, Optional.empty(), false, text);
      }
      String name = text.substring(0, separator);
      HashAlgorithm algorithm = HashAlgorithm.named(name).orElseThrow(() -> new InvalidHash(
          "hash '" + text + "' is of algorithm '" + name + "', which is none of md5, sha1, sha256 and sha512"));
      return new Spelling(text, Optional.of(algorithm), colon < 0, text.substring(separator + 1));
    }

    NixHash decode(HashAlgorithm wanted) {
      int length = wanted.length();
      byte[] digest;
      if (sri || digits.length() == base64Length(length)) {
        digest = decodeBase64();
      } else if (digits.length() == 2 * length) {
        digest = decodeBase16();
      } else if (digits.length() == NixBase32.encodedLength(length)) {
        digest = NixBase32.decode(digits, length);
      } else {
        throw new InvalidHash("hash '" + text + "' has " + digits.length() + " digits, which is no length of a "
            + wanted.nixName());
      }
      if (digest.length != length) {
        throw new InvalidHash("hash '" + text + "' has " + digest.length + " bytes, not the " + length + " of a "
            + wanted.nixName());
      }
      return new NixHash(wanted, ByteString.owning(digest));
    }

    private static int base64Length(int bytes) {
      return (bytes + 2) / 3 * 4;
    }

    private byte[] decodeBase16() {
      try {
        return HexFormat.of().parseHex(digits);
      } catch (IllegalArgumentException _) {
        throw new InvalidHash("hash '" + text + "' has a character that is no base16 digit");
      }
    }

    private byte[] decodeBase64() {
      byte[] digest;
      try {
        digest = Base64.getDecoder().decode(digits);
      } catch (IllegalArgumentException _) {
        throw new InvalidHash("hash '" + text + "' is not base64");
      }
      // one spelling per digest: the decoder takes missing padding and stray bits in the last digit
      if (!Base64.getEncoder().encodeToString(digest).equals(digits)) {
        throw new InvalidHash("hash '" + text + "' is not canonical base64");
      }
      return digest;
    }
  }
}
