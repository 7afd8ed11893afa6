package dev.kiln.register;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

import org.springframework.util.unit.DataSize;

import dev.kiln.register.RegisterException.InvalidContent;
import dev.kiln.tar.InvalidTar;
import dev.kiln.tar.TarEntry;
import dev.kiln.tar.TarEntry.DirectoryEntry;
import dev.kiln.tar.TarEntry.FileEntry;
import dev.kiln.tar.TarReader;

/** A tar of derivations. Its directories do not matter, and nothing but derivations may be in it. */
final class DerivationTar {

  /** What a tar's own blocks may add to its files: headers, padding, directories. */
  private static final int OVERHEAD = 4;

  private DerivationTar() {}

  /**
   * Collects a tar's derivations.
   *
   * @throws RegisterException it is no tar, or holds something that is no derivation, or too much
   */
  static void read(InputStream tar, DerivationSpool spool, RegisterProperties limits) throws IOException {
    DataSize limit = DataSize.ofBytes(limits.maxDerivations().toBytes() * OVERHEAD);
    try {
      TarReader reader = new TarReader(new BoundedInput(tar, "the tar", limit));
      for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
        switch (entry.get()) {
          case FileEntry file -> spool.add(file.name().toString(), file.size(), reader.content());
          case DirectoryEntry _ -> {
          }
          case TarEntry other -> throw new InvalidContent("'" + other.name() + "' in the tar is no file");
        }
      }
    } catch (InvalidTar e) {
      throw new InvalidContent("not a tar: " + e.getMessage());
    }
  }
}
