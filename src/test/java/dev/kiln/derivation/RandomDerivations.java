package dev.kiln.derivation;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.DerivationOutput.Deferred;
import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.derivation.DerivationOutput.Floating;
import dev.kiln.derivation.DerivationOutput.InputAddressed;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/** Makes derivations of every shape that ATerm can spell, with any bytes where bytes may stand. */
final class RandomDerivations {

  private static final String NAME_CHARACTERS = "abzAZ09+-_?=";

  private final Random random;

  RandomDerivations(long seed) {
    random = new Random(seed);
  }

  Derivation next() {
    SortedMap<String, DerivationOutput> outputs = new TreeMap<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      outputs.put(name(), output());
    }
    SortedMap<StorePath, SortedSet<String>> inputs = new TreeMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      SortedSet<String> names = new TreeSet<>();
      for (int j = random.nextInt(4); j > 0; j--) {
        names.add(name());
      }
      inputs.put(storePath(".drv"), names);
    }
    SortedSet<StorePath> sources = new TreeSet<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      sources.add(storePath(""));
    }
    List<ByteString> args = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      args.add(bytes());
    }
    SortedMap<ByteString, ByteString> env = new TreeMap<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      env.put(bytes(), bytes());
    }
    return new Derivation(outputs, inputs, sources, ByteString.utf8(name()), bytes(), args, env);
  }

  private DerivationOutput output() {
    IngestionMethod method = pick(IngestionMethod.values());
    HashAlgorithm algorithm = pick(HashAlgorithm.values());
    return switch (random.nextInt(4)) {
      case 0 -> new InputAddressed(storePath(""));
      case 1 -> new Fixed(storePath(""), method, new NixHash(algorithm, bytes(algorithm.length())));
      case 2 -> new Floating(method, algorithm);
      default -> new Deferred();
    };
  }

  private StorePath storePath(String extension) {
    return new StorePath(StorePathHash.of(bytes(StorePathHash.LENGTH).toByteArray()),
        new StorePathName(name() + extension));
  }

  private String name() {
    StringBuilder name = new StringBuilder();
    for (int i = random.nextInt(8); i >= 0; i--) {
      name.append(NAME_CHARACTERS.charAt(random.nextInt(NAME_CHARACTERS.length())));
    }
    return name.toString();
  }

  /** @return now and then many, and of those that need escapes more than chance gives */
  private ByteString bytes() {
    byte[] bytes = bytes(random.nextInt(20) == 0 ? random.nextInt(20_000) : random.nextInt(12)).toByteArray();
    for (int i = 0; i < bytes.length; i++) {
      if (random.nextInt(4) == 0) {
        bytes[i] = (byte) "\"\\\n\r\t,()[]\0".charAt(random.nextInt(11));
      }
    }
    return ByteString.owning(bytes);
  }

  private ByteString bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return ByteString.owning(bytes);
  }

  private <T> T pick(T[] values) {
    return values[random.nextInt(values.length)];
  }
}
