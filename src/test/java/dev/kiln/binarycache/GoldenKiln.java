package dev.kiln.binarycache;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.springframework.util.unit.DataSize;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import dev.kiln.harness.NixClient;
import dev.kiln.harness.TemporaryDirectories;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.realise.Realiser;
import dev.kiln.register.DerivationRegistrar;
import dev.kiln.register.DerivationUpload;
import dev.kiln.register.SourceImporter;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathName;

/** Brings the golden derivations into a Kiln. */
final class GoldenKiln {

  private static final JsonNode GOLDEN = read();

  private final Realiser realiser;

  GoldenKiln(DerivationRegistrar registrar, SourceImporter importer, Realiser realiser) throws IOException {
    this.realiser = realiser;
    importBusybox(importer);
    DerivationUpload upload = new DerivationUpload(DataSize.ofMegabytes(64));
    try (Stream<Path> files = Files.list(Path.of("src/test/resources/golden/drv"))) {
      for (Path file : files.toList()) {
        try (InputStream in = Files.newInputStream(file)) {
          upload.add(String.valueOf(file.getFileName()), in);
        }
      }
    }
    registrar.register(upload.files());
  }

  private static void importBusybox(SourceImporter importer) throws IOException {
    Path directory = TemporaryDirectories.create("kiln-bb-");
    Files.copy(Path.of("/bin/busybox"), Files.createDirectories(directory.resolve("bb")).resolve("busybox"));
    Path nar = directory.resolve("nar");
    Process dump = new ProcessBuilder("nix-store", "--dump", directory.resolve("bb").toString())
        .redirectOutput(nar.toFile()).start();
    try {
      if (dump.waitFor() != 0) {
        throw new AssertionError("nix-store --dump failed");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    try (InputStream in = Files.newInputStream(nar)) {
      importer.nar(new StorePathName("bb"), in);
    }
  }

  /** @return the output {@code out} of the golden case */
  static StorePath output(String name) {
    return StorePath.parse(GOLDEN.get("cases").get(name).get("outputs").get("out").asString());
  }

  static StorePath derivation(String name) {
    return StorePath.parse(GOLDEN.get("cases").get(name).get("drv").asString());
  }

  /** @return every path of the closures of the golden cases */
  static SortedSet<StorePath> paths() {
    return GOLDEN.get("paths").propertyNames().stream().map(StorePath::parse)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** @return what Nix said of a path: narHash, narSize, references */
  static JsonNode path(StorePath path) {
    return GOLDEN.get("paths").get(path.toString());
  }

  PathInfo build(String name) throws IOException, InterruptedException {
    return realiser.await(output(name), Instant.now().plus(Duration.ofMinutes(3)));
  }

  List<PathInfo> build(List<String> names) throws IOException, InterruptedException {
    List<PathInfo> built = new java.util.ArrayList<>();
    for (String name : names) {
      built.add(build(name));
    }
    return built;
  }

  private static JsonNode read() {
    return JsonMapper.shared().readTree(
        Objects.requireNonNull(GoldenKiln.class.getResourceAsStream("/golden/golden.json")));
  }

  static NixClient trusting(String publicKey, String... settings) throws IOException {
    return new NixClient(
        Stream.concat(Stream.of("require-sigs = true", "trusted-public-keys = " + publicKey), Stream.of(settings))
            .toArray(String[]::new));
  }
}
