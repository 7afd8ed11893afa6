package dev.kiln.register;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.springframework.util.unit.DataSize;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.DerivationFile;
import dev.kiln.derivation.InvalidDerivation;
import dev.kiln.register.RegisterException.InvalidContent;
import dev.kiln.register.RegisterException.TooLarge;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.StorePath;

/** The derivations of a small request, collected one after the other in memory. */
public final class DerivationUpload {

  private static final DataSize IN_MEMORY = DataSize.ofMegabytes(32);

  private final List<DerivationFile> files = new ArrayList<>();
  private final Set<StorePath> paths = new HashSet<>();
  private final DataSize limit;
  private long left;

  /** @param limit of all derivations together; it is never more than 32 MB */
  public DerivationUpload(DataSize limit) {
    this.limit = limit.compareTo(IN_MEMORY) < 0 ? limit : IN_MEMORY;
    this.left = this.limit.toBytes();
  }

  /**
   * Takes one derivation.
   *
   * @param name {@code <hash>-<name>.drv}, maybe with directories before it
   * @throws RegisterException it is no derivation, not the one that its name says, or was given before
   */
  public void add(String name, InputStream content) throws IOException {
    String baseName = name.substring(name.lastIndexOf('/') + 1);
    byte[] aterm = content.readNBytes((int) Math.min(left + 1, Integer.MAX_VALUE - 8));
    left -= aterm.length;
    if (left < 0) {
      throw new TooLarge("the derivations are larger than " + limit.toMegabytes()
          + " MB together, which is the limit of one request; send them as a tar, or in several, inputs first");
    }
    try {
      DerivationFile file = DerivationFile.read(StorePath.parseBaseName(baseName), ByteString.owning(aterm));
      if (!paths.add(file.path())) {
        throw new InvalidContent("'" + baseName + "' is in the request twice");
      }
      files.add(file);
    } catch (InvalidStorePath | InvalidDerivation e) {
      throw new InvalidContent("'" + name + "': " + e.getMessage());
    }
  }

  /** @return what was taken so far, in the order in which it came */
  public List<DerivationFile> files() {
    return Collections.unmodifiableList(files);
  }
}
