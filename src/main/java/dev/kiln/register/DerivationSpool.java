package dev.kiln.register;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

import org.springframework.util.unit.DataSize;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.ATermReader;
import dev.kiln.derivation.DerivationFile;
import dev.kiln.derivation.InvalidDerivation;
import dev.kiln.register.RegisterException.InvalidContent;
import dev.kiln.register.RegisterException.TooLarge;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.StorePath;

/**
 * The derivations of a large request: their bytes lie in a file without a name, so that nothing is left of it even after a crash;
 * in memory is what needs what, some hundred bytes for each.
 */
final class DerivationSpool implements GivenDerivations, Closeable {

  /** Of one of them, whatever the limit of all is: it is in memory at once. */
  private static final DataSize LARGEST = DataSize.ofMegabytes(16);

  private record Given(long offset, int length, List<StorePath> inputs) {}

  private final FileChannel file;
  private final RegisterProperties limits;
  private final Map<StorePath, Given> given = new HashMap<>();
  /** Many need the same: one of them for all. */
  private final Map<StorePath, StorePath> inputs = new HashMap<>();
  private final SortedSet<StorePath> sources = new TreeSet<>();
  private long size;

  private DerivationSpool(FileChannel file, RegisterProperties limits) {
    this.file = file;
    this.limits = limits;
  }

  static DerivationSpool open(Path directory, RegisterProperties limits) throws IOException {
    Path file = Files.createTempFile(directory, ".derivations-", "");
    try {
      return new DerivationSpool(FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE), limits);
    } finally {
      Files.delete(file);
    }
  }

  /**
   * Takes one derivation.
   *
   * @param name {@code <hash>-<name>.drv}, maybe with directories before it
   * @param length of {@code content}, in bytes, which never ends before
   * @throws RegisterException it is no derivation, not the one that its name says, was given before, or is one too many
   */
  void add(String name, long length, InputStream content) throws IOException {
    requireRoom(name, length);
    byte[] aterm = new byte[(int) length];
    content.readNBytes(aterm, 0, aterm.length);
    DerivationFile read = read(name, ByteString.owning(aterm));
    List<StorePath> needed = read.derivation().inputDerivations().keySet().stream()
        .map(input -> inputs.computeIfAbsent(input, same -> same)).toList();
    if (given.putIfAbsent(read.path(), new Given(size, aterm.length, needed)) != null) {
      throw new InvalidContent("'" + read.path().baseName() + "' is in the request twice");
    }
    sources.addAll(read.derivation().inputSources());
    ByteBuffer bytes = ByteBuffer.wrap(aterm);
    while (bytes.hasRemaining()) {
      size += file.write(bytes, size);
    }
  }

  private void requireRoom(String name, long length) {
    if (size + length > limits.maxDerivations().toBytes()) {
      throw new TooLarge("the derivations are larger than " + limits.maxDerivations().toMegabytes()
          + " MB together, which is the limit of one request; send them in several, inputs first");
    }
    if (length > LARGEST.toBytes()) {
      throw new TooLarge("'" + name + "' is larger than " + LARGEST.toMegabytes() + " MB");
    }
    if (given.size() == limits.maxDerivationCount()) {
      throw new TooLarge("there are more than " + limits.maxDerivationCount()
          + " derivations, which is the limit of one request; send them in several, inputs first");
    }
  }

  private static DerivationFile read(String name, ByteString aterm) {
    try {
      return DerivationFile.read(StorePath.parseBaseName(name.substring(name.lastIndexOf('/') + 1)), aterm);
    } catch (InvalidStorePath | InvalidDerivation e) {
      throw new InvalidContent("'" + name + "': " + e.getMessage());
    }
  }

  @Override
  public Set<StorePath> paths() {
    return given.keySet();
  }

  @Override
  public Collection<StorePath> inputs(StorePath derivation) {
    return given(derivation).inputs();
  }

  @Override
  public SortedSet<StorePath> sources() {
    return sources;
  }

  @Override
  public DerivationFile read(StorePath derivation) {
    Given place = given(derivation);
    ByteBuffer bytes = ByteBuffer.allocate(place.length());
    try {
      while (bytes.hasRemaining()) {
        if (file.read(bytes, place.offset() + bytes.position()) < 0) {
          throw new IOException("the file with the request's derivations was cut off");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // that its bytes are those of its path was seen when they came
    ByteString aterm = ByteString.owning(bytes.array());
    return new DerivationFile(derivation, aterm, ATermReader.read(aterm));
  }

  private Given given(StorePath derivation) {
    return Objects.requireNonNull(given.get(derivation));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
