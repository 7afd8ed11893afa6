package dev.kiln.binarycache;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;

import dev.kiln.bytes.ByteString;
import dev.kiln.pathinfo.Signature;

/** An Ed25519 key in Nix's form, {@code <name>:<base64 of the seed and the public key>} (Nix: local-keys.cc, libsodium). */
public final class SigningKey {

  private static final String ALGORITHM = "Ed25519";
  private static final int SEED_LENGTH = 32;
  private static final int SECRET_LENGTH = 64;
  /** What stands before the 32 bytes of a public key in X.509 (RFC 8410). */
  private static final byte[] X509_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");
  /** Names stand in narinfo lines and in lists of keys. */
  private static final Pattern NAME = Pattern.compile("[0-9A-Za-z+\\-._?=@]{1,128}");

  private final String name;
  private final PrivateKey privateKey;
  private final ByteString seed;
  private final ByteString publicKey;

  private SigningKey(String name, byte[] seed, byte[] publicKey) throws GeneralSecurityException {
    this.name = requireName(name);
    this.privateKey = KeyFactory.getInstance(ALGORITHM)
        .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
    this.seed = ByteString.copyOf(seed);
    this.publicKey = ByteString.copyOf(publicKey);
  }

  /** Makes a new key. */
  public static SigningKey generate(String name) {
    try {
      KeyPair pair = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
      byte[] encoded = pair.getPublic().getEncoded();
      byte[] seed = ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow();
      return new SigningKey(name, seed, Arrays.copyOfRange(encoded, X509_PREFIX.length, encoded.length));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads what {@code nix key generate-secret} writes.
   *
   * @throws IllegalArgumentException if it is no such key; the message does not quote it, because it is a secret
   */
  public static SigningKey parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("a signing key is of the form <name>:<base64>");
    }
    byte[] secret = decode(text.substring(colon + 1));
    if (secret.length != SECRET_LENGTH) {
      throw new IllegalArgumentException("a signing key has 64 bytes in base64, not " + secret.length);
    }
    try {
      SigningKey key = new SigningKey(text.substring(0, colon), Arrays.copyOf(secret, SEED_LENGTH),
          Arrays.copyOfRange(secret, SEED_LENGTH, SECRET_LENGTH));
      key.requirePair();
      return key;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("it is no Ed25519 key: " + e.getMessage(), e);
    }
  }

  private static byte[] decode(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("what follows the name of a signing key is not base64", e);
    }
  }

  private static String requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the name of a signing key is 1 to 128 of 0-9 a-z A-Z + - . _ ? = @, not '" + name + "'");
    }
    return name;
  }

  /** A public half that belongs to another key would make signatures that nobody can verify. */
  private void requirePair() throws GeneralSecurityException {
    byte[] message = name.getBytes(StandardCharsets.UTF_8);
    java.security.Signature verifier = java.security.Signature.getInstance(ALGORITHM);
    verifier.initVerify(x509());
    verifier.update(message);
    if (!verifier.verify(signature(message))) {
      throw new IllegalArgumentException("the two halves of the signing key '" + name + "' do not belong together");
    }
  }

  private PublicKey x509() throws GeneralSecurityException {
    byte[] encoded = Arrays.copyOf(X509_PREFIX, X509_PREFIX.length + publicKey.length());
    publicKey.copyTo(0, encoded, X509_PREFIX.length, publicKey.length());
    return KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(encoded));
  }

  /** @return {@code <name>:<base64>}, as a client's {@code trusted-public-keys} takes it */
  public String publicKey() {
    return name + ":" + Base64.getEncoder().encodeToString(publicKey.toByteArray());
  }

  /** @return the secret, as {@link #parse} takes it */
  String render() {
    byte[] secret = Arrays.copyOf(seed.toByteArray(), SECRET_LENGTH);
    publicKey.copyTo(0, secret, SEED_LENGTH, publicKey.length());
    return name + ":" + Base64.getEncoder().encodeToString(secret);
  }

  /** Signs {@code fingerprint} as UTF-8. */
  Signature sign(String fingerprint) {
    try {
      byte[] signature = signature(fingerprint.getBytes(StandardCharsets.UTF_8));
      return new Signature(name, Base64.getEncoder().encodeToString(signature));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private byte[] signature(byte[] message) throws GeneralSecurityException {
    java.security.Signature signer = java.security.Signature.getInstance(ALGORITHM);
    signer.initSign(privateKey);
    signer.update(message);
    return signer.sign();
  }

  /** @return the public half: this may be logged */
  @Override
  public String toString() {
    return publicKey();
  }
}
