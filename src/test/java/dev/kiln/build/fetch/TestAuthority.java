package dev.kiln.build.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

import dev.kiln.harness.Programs;

/** A certificate authority that lasts as long as a test. */
final class TestAuthority {

  private static final String PASSWORD = "changeit";

  private final Path directory;
  private final Path store;

  TestAuthority(Path directory, String name) throws IOException {
    this.directory = directory;
    this.store = directory.resolve(name + ".p12");
    keytool("-genkeypair", "-alias", "authority", "-keyalg", "EC", "-dname", "CN=" + name, "-ext", "bc:c", "-validity",
        "10");
  }

  /** For constants of tests. */
  static TestAuthority of(Path directory, String name) {
    try {
      return new TestAuthority(directory, name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** @return a file that holds the authority's own certificate */
  Path certificate() throws IOException {
    String pem = keytool("-exportcert", "-alias", "authority", "-rfc");
    return Files.writeString(directory.resolve(store.getFileName() + ".pem"), pem);
  }

  /** @param options of keytool's -genkeypair: names, dates */
  SSLContext server(String alias, String... options) throws IOException, GeneralSecurityException {
    List<String> command = new ArrayList<>(List.of("-genkeypair", "-alias", alias, "-keyalg", "EC", "-signer",
        "authority", "-dname", "CN=" + alias));
    command.addAll(List.of(options));
    keytool(command.toArray(String[]::new));
    KeyStore all = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      all.load(in, PASSWORD.toCharArray());
    }
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    own.setKeyEntry(alias, all.getKey(alias, PASSWORD.toCharArray()), PASSWORD.toCharArray(),
        all.getCertificateChain(alias));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  private String keytool(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(
        List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of(arguments));
    command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
    return new String(Programs.run(command.toArray(String[]::new)), StandardCharsets.US_ASCII);
  }
}
