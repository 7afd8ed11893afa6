package dev.kiln.derivation;

import java.util.Optional;
import java.util.SortedMap;

import dev.kiln.bytes.ByteString;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathName;
import dev.kiln.storepath.StorePaths;

/**
 * A {@code .drv} file in the store, whose path follows from its bytes.
 *
 * @param aterm the file's bytes
 */
public record DerivationFile(StorePath path, ByteString aterm, Derivation derivation) {

  private static final String EXTENSION = ".drv";

  /**
   * @param path that the file claims to have
   * @throws InvalidDerivation if {@code aterm} is no derivation, or not that of {@code path}
   */
  public static DerivationFile read(StorePath path, ByteString aterm) {
    if (!path.isDerivation()) {
      throw new InvalidDerivation("'" + path + "' does not end in .drv");
    }
    Derivation derivation = ATermReader.read(aterm);
    StorePath actual = StorePaths.text(path.name(), NixHash.sha256Of(aterm), derivation.references());
    if (!actual.equals(path)) {
      throw new InvalidDerivation("derivation '" + path + "' has the content of '" + actual + "'");
    }
    return new DerivationFile(path, aterm, derivation);
  }

  /** @param name without {@code .drv} */
  public static DerivationFile of(String name, Derivation derivation) {
    ByteString aterm = ATermWriter.write(derivation);
    StorePathName fileName = new StorePathName(name + EXTENSION);
    return new DerivationFile(StorePaths.text(fileName, NixHash.sha256Of(aterm), derivation.references()), aterm,
        derivation);
  }

  /** @return of the derivation, without {@code .drv} */
  public String name() {
    return nameOf(path);
  }

  /**
   * @param derivation the {@code .drv}
   * @return without {@code .drv}
   */
  public static String nameOf(StorePath derivation) {
    String name = derivation.name().value();
    return name.substring(0, name.length() - EXTENSION.length());
  }

  /**
   * Checks what the derivation states about its outputs (Nix: derivations.cc, checkInvariants).
   *
   * @param inputs need not know the inputs of a fixed-output derivation
   * @return the derivation's hash, for those that use it
   * @throws InvalidDerivation if a path or an output's environment variable is not what it should be, or as
   *     {@link DerivationHash#of} does
   */
  public DerivationHash verify(InputHashes inputs) {
    return KnownDerivation.verified(this, inputs).hash();
  }

  /** @throws InvalidDerivation unless the derivation states these of its outputs, and their variables say the same */
  void requireOutputs(SortedMap<String, StorePath> outputs) {
    outputs.forEach((name, expected) -> {
      Optional<StorePath> stated = derivation.outputPath(name);
      if (stated.isEmpty() || !stated.get().equals(expected)) {
        throw new InvalidDerivation("derivation '" + path + "' has incorrect output '"
            + stated.map(StorePath::toString).orElse("") + "', should be '" + expected + "'");
      }
      if (!derivation.variable(name).equals(Optional.of(ByteString.utf8(expected.toString())))) {
        throw new InvalidDerivation("derivation '" + path + "' has incorrect environment variable '" + name
            + "', should be '" + expected + "'");
      }
    });
  }
}
