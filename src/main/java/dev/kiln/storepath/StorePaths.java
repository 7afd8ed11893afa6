package dev.kiln.storepath;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.Fixed;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.ContentAddress.Text;

/**
 * Computes store paths from what they stand for (Nix: store-dir-config.cc). Each is 160 bits of the SHA-256 of a
 * fingerprint, {@code <type>:sha256:<base16>:/nix/store:<name>}.
 */
public final class StorePaths {

  private static final String DEFAULT_OUTPUT = "out";

  private StorePaths() {}

  /**
   * @param contents of the file
   * @param references of the path
   * @return of a file added as text: a derivation, {@code builtins.toFile}
   * @throws InvalidStorePath unless {@code contents} is a SHA-256
   */
  public static StorePath text(StorePathName name, NixHash contents, SortedSet<StorePath> references) {
    return of(withReferences("text", references, false), new Text(contents).hash(), name);
  }

  /**
   * @param nar of the tree
   * @param references of the path to others
   * @param self whether the tree refers to its own path; {@code nar} is then taken with that path's hash blanked
   * @throws InvalidStorePath unless {@code nar} is a SHA-256
   */
  public static StorePath source(StorePathName name, NixHash nar, SortedSet<StorePath> references, boolean self) {
    if (nar.algorithm() != HashAlgorithm.SHA256) {
      throw new InvalidStorePath("a source is addressed by sha256, not by '" + nar.prefixedBase32() + "'");
    }
    return of(withReferences("source", references, self), nar, name);
  }

  /** @return of content without references; recursive SHA-256 makes it a source, all else an output */
  public static StorePath fixedOutput(StorePathName name, IngestionMethod method, NixHash hash) {
    if (method == IngestionMethod.RECURSIVE && hash.algorithm() == HashAlgorithm.SHA256) {
      return source(name, hash, Collections.emptySortedSet(), false);
    }
    String content = "fixed:out:" + method.prefix() + hash.prefixedBase16() + ":";
    return of("output:" + DEFAULT_OUTPUT, NixHash.sha256Of(content), name);
  }

  /**
   * @param derivationName without {@code .drv}
   * @param modulo the derivation's hash modulo, its own outputs masked
   * @throws InvalidStorePath if the two names make no valid one
   */
  public static StorePath output(String derivationName, String outputName, NixHash modulo) {
    return of("output:" + outputName, modulo, outputPathName(derivationName, outputName));
  }

  /**
   * The path that stands for an output while it is built, because its content will name it (Nix: local-derivation-goal.cc,
   * makeFallbackPath).
   *
   * @param derivation the {@code .drv}
   * @param name that the output's path will have
   */
  public static StorePath scratch(StorePath derivation, String outputName, StorePathName name) {
    NixHash zeros = NixHash.sha256(new byte[HashAlgorithm.SHA256.length()]);
    return of("rewrite:" + derivation.baseName() + ":name:" + outputName, zeros, name);
  }

  /** @return {@code <derivation>}, or {@code <derivation>-<output>} for any other output than {@code out} */
  public static StorePathName outputPathName(String derivationName, String outputName) {
    return new StorePathName(
        outputName.equals(DEFAULT_OUTPUT) ? derivationName : derivationName + "-" + outputName);
  }

  /**
   * @param references to other paths
   * @param self whether the path refers to itself
   * @throws InvalidStorePath if this kind of content address allows no such references
   */
  public static StorePath fromContentAddress(ContentAddress address, StorePathName name,
      SortedSet<StorePath> references, boolean self) {
    return switch (address) {
      case Text(NixHash hash) -> {
        if (self) {
          throw new InvalidStorePath("text '" + name + "' cannot refer to itself");
        }
        yield text(name, hash, references);
      }
      case Fixed(IngestionMethod method, NixHash hash) -> {
        if (method == IngestionMethod.RECURSIVE && hash.algorithm() == HashAlgorithm.SHA256) {
          yield source(name, hash, references, self);
        }
        // to itself it may refer: its hash is taken as if it did not (Nix 2.8: makeFixedOutputPath)
        if (!references.isEmpty()) {
          throw new InvalidStorePath("'" + name + "' with content address '" + address.render()
              + "' is not allowed to refer to '" + references.first() + "'");
        }
        yield fixedOutput(name, method, hash);
      }
    };
  }

  /**
   * @param references all of {@code path}, itself too if it refers to itself
   * @return whether {@code address} makes {@code path}
   */
  public static boolean isAddressOf(ContentAddress address, StorePath path, SortedSet<StorePath> references) {
    SortedSet<StorePath> others = new TreeSet<>(references);
    boolean self = others.remove(path);
    try {
      return fromContentAddress(address, path.name(), others, self).equals(path);
    } catch (InvalidStorePath _) {
      return false;
    }
  }

  private static String withReferences(String type, SortedSet<StorePath> references, boolean self) {
    StringBuilder text = new StringBuilder(type);
    for (StorePath reference : references) {
      text.append(':').append(reference);
    }
    return self ? text.append(":self").toString() : text.toString();
  }

  private static StorePath of(String type, NixHash hash, StorePathName name) {
    String fingerprint = type + ":" + hash.prefixedBase16() + ":" + StorePath.STORE_DIR + ":" + name;
    return new StorePath(
        StorePathHash.of(NixHash.compress(NixHash.sha256Of(fingerprint).value(), StorePathHash.LENGTH)), name);
  }
}
