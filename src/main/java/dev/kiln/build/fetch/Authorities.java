package dev.kiln.build.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import org.jspecify.annotations.Nullable;

/** Who vouches for servers (Nix: globals.cc, getDefaultSSLCertFile). */
final class Authorities {

  private Authorities() {}

  /**
   * @param configured a file of certificates; {@code null} for what the environment names
   * @throws IllegalArgumentException if the file cannot be read, or has none
   */
  static SSLContext of(@Nullable String configured, Map<String, String> environment) {
    String file = configured != null
        ? configured
        : Stream.of("NIX_SSL_CERT_FILE", "SSL_CERT_FILE").map(environment::get).filter(
            value -> value != null && !value.isBlank()).findFirst().orElse("");
    try {
      if (file.isBlank()) {
        return SSLContext.getDefault();
      }
      TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(read(Path.of(file)));
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "the certificates in '" + file + "' (kiln.fetch.certificates) cannot be read: " + e, e);
    }
  }

  private static KeyStore read(Path file) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(file)) {
      Collection<? extends Certificate> certificates = CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (certificates.isEmpty()) {
        throw new IOException("it has none");
      }
      for (Certificate certificate : certificates) {
        store.setCertificateEntry(Integer.toString(store.size()), certificate);
      }
    }
    return store;
  }
}
