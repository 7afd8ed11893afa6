package dev.kiln.binarycache;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

import dev.kiln.datadir.PublishedFile;

/** Where the signing key is kept, by nobody but its owner to be read. */
final class SigningKeyFile {

  /** In bytes: a key with the longest name is shorter. */
  private static final int MAX_LENGTH = 1024;

  private final Path file;

  SigningKeyFile(Path file) {
    this.file = file;
  }

  /**
   * Reads the key, or makes one where there is no file. Of two that make one at the same time, the first wins.
   *
   * @throws IllegalArgumentException the file holds no key
   */
  SigningKey readOrCreate(Supplier<SigningKey> generator) throws IOException {
    if (!Files.exists(file)) {
      PublishedFile.create(file, generator.get().render());
    }
    return read();
  }

  private SigningKey read() throws IOException {
    if (Files.size(file) > MAX_LENGTH) {
      throw new IllegalArgumentException("the file " + file + " is too long for a signing key");
    }
    try {
      return SigningKey.parse(Files.readString(file, StandardCharsets.UTF_8).strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the file " + file + " holds no signing key: " + e.getMessage(), e);
    }
  }
}
