package dev.kiln.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

import dev.kiln.bytes.ByteString;
import dev.kiln.harness.GoldenFiles;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.StorePath;

/** What Nix 2.8 said of the golden expressions. */
final class GoldenCases {

  /** @param error what Nix printed, where it refused */
  record Case(String name, StorePath derivation, Map<String, StorePath> outputs, Optional<String> error) {

    @Override
    public String toString() {
      return name;
    }
  }

  /** What Nix knew of a path. */
  record Truth(NixHash narHash, long narSize, Set<String> references, Optional<String> deriver, Optional<String> ca) {}

  private static final JsonNode JSON = read();

  private GoldenCases() {}

  private static JsonNode read() {
    try (InputStream in = Objects.requireNonNull(GoldenCases.class.getResourceAsStream("/golden/golden.json"))) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Case> all() {
    List<Case> cases = new ArrayList<>();
    JSON.get("cases").properties().forEach(each -> {
      Map<String, StorePath> outputs = new TreeMap<>();
      each.getValue().get("outputs").properties()
          .forEach(output -> outputs.put(output.getKey(), StorePath.parse(output.getValue().asString())));
      cases.add(new Case(each.getKey(), StorePath.parse(each.getValue().get("drv").asString()), outputs,
          text(each.getValue(), "error")));
    });
    return cases;
  }

  static Case named(String name) {
    return all().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }

  static Truth truth(StorePath path) {
    JsonNode info = Objects.requireNonNull(JSON.get("paths").get(path.toString()), () -> "Nix has no '" + path + "'");
    if (path.baseName().equals(GoldenFiles.STRUCTURED_OUT)) {
      byte[] nar = GoldenFiles.structuredNar();
      return new Truth(NixHash.sha256Of(ByteString.owning(nar)), nar.length, strings(info.get("references")),
          text(info, "deriver"), text(info, "ca"));
    }
    return new Truth(NixHash.parse(info.get("narHash").asString(), HashAlgorithm.SHA256), info.get("narSize").asLong(),
        strings(info.get("references")), text(info, "deriver"), text(info, "ca"));
  }

  /** @return whether a later build changed the path in Nix's store, so that what Nix says of it is no truth */
  static boolean isCorrupted(StorePath path) {
    return JSON.get("corrupted").has(path.toString());
  }

  static Path directory(String name) {
    try {
      return Path.of(Objects.requireNonNull(GoldenCases.class.getResource("/golden/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** @return the NAR of a path of at most 300 KB */
  static Path nar(StorePath path) {
    return directory("nar").resolve(path.baseName() + ".nar");
  }

  static Set<String> strings(JsonNode array) {
    Set<String> strings = new TreeSet<>();
    array.forEach(each -> strings.add(each.asString()));
    return strings;
  }

  private static Optional<String> text(JsonNode node, String field) {
    JsonNode value = node.get(field);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value.asString());
  }
}
