package dev.kiln.binarycache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.function.Supplier;

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
      create(generator.get());
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

  /** The file appears whole, under its name, when its bytes are durable; and never over another. */
  private void create(SigningKey key) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    Path temporary = Files.createTempFile(directory, ".signing-key", "",
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      try (FileChannel channel = FileChannel.open(temporary, Set.of(StandardOpenOption.WRITE))) {
        ByteBuffer text = ByteBuffer.wrap(key.render().getBytes(StandardCharsets.UTF_8));
        while (text.hasRemaining()) {
          channel.write(text);
        }
        channel.force(true);
      }
      Files.createLink(file, temporary);
    } catch (FileAlreadyExistsException _) {
      // another Kiln with the same key file was first: its key is everybody's
    } finally {
      Files.deleteIfExists(temporary);
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
