package dev.kiln.binarycache;

import java.security.SecureRandom;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

import dev.kiln.hash.NixBase32;

/**
 * How Kiln signs.
 *
 * @param keyFile made at the first start where it is missing; replicas must share one. {@code null} is
 *     {@code <shared-dir>/signing-key}
 * @param name of a key that is made. {@code null} is {@code kiln-} and 8 random digits, so that the keys of two Kilns can stand in
 *     one client's list
 */
@ConfigurationProperties("kiln.signing")
record SigningProperties(@Nullable String keyFile, @Nullable String name) {

  SigningKey generate() {
    if (name != null) {
      return SigningKey.generate(name);
    }
    byte[] random = new byte[5];
    new SecureRandom().nextBytes(random);
    return SigningKey.generate("kiln-" + NixBase32.encode(random));
  }
}
