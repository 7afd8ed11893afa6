package dev.kiln.derivation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

import dev.kiln.bytes.ByteString;
import dev.kiln.storepath.StorePath;

/** The derivations that a real Nix made of golden/expr. */
final class Golden {

  private Golden() {}

  /** @return the bytes of every golden .drv file */
  static SortedMap<StorePath, ByteString> derivations() {
    return derivations("/golden/drv");
  }

  /** @return every golden .drv file, inputs before those that use them */
  static List<DerivationFile> inputsFirst() {
    return inputsFirst("/golden/drv");
  }

  private static SortedMap<StorePath, ByteString> derivations(String resource) {
    SortedMap<StorePath, ByteString> files = new TreeMap<>();
    try (Stream<Path> paths = Files.list(directory(resource))) {
      for (Path path : paths.toList()) {
        files.put(StorePath.parseBaseName(path.getFileName().toString()), ByteString.owning(Files.readAllBytes(path)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  /** @return every .drv file in a directory of resources, inputs before those that use them */
  static List<DerivationFile> inputsFirst(String resource) {
    SortedMap<StorePath, ByteString> files = derivations(resource);
    Map<StorePath, DerivationFile> done = new LinkedHashMap<>();
    Deque<StorePath> stack = new ArrayDeque<>(files.keySet());
    while (!stack.isEmpty()) {
      StorePath path = stack.peek();
      DerivationFile file = DerivationFile.read(path, Objects.requireNonNull(files.get(path)));
      List<StorePath> missing = file.derivation().inputDerivations().keySet().stream()
          .filter(input -> !done.containsKey(input)).toList();
      if (missing.isEmpty()) {
        done.put(path, file);
        stack.pop();
      } else {
        missing.forEach(stack::push);
      }
    }
    return List.copyOf(done.values());
  }

  private static Path directory(String resource) {
    try {
      return Path.of(Objects.requireNonNull(Golden.class.getResource(resource)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
