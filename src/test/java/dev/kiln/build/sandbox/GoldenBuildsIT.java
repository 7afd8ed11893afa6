package dev.kiln.build.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildResult;
import dev.kiln.bytes.ByteString;
import dev.kiln.harness.GoldenFiles;
import dev.kiln.hash.NixHash;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What Nix said of each golden case is what Kiln says. */
class GoldenBuildsIT {

  /** They record what differs here with a reason: mounts and /bin/sh; what Nix let through. */
  private static final Set<String> OTHER = Set.of("attrs.sandboxView", "fod.badRefs");

  @TempDir
  static Path directory;
  private static Bench bench;
  private static JsonNode golden;

  @BeforeAll
  static void open() throws Exception {
    bench = new Bench(directory, Bench.limits());
    try (InputStream in = Objects.requireNonNull(GoldenBuildsIT.class.getResourceAsStream("/golden/golden.json"))) {
      golden = new ObjectMapper().readTree(in);
    }
  }

  @AfterAll
  static void close() throws Exception {
    bench.close();
  }

  static Stream<String> built() throws Exception {
    return cases(0).filter(name -> !OTHER.contains(name));
  }

  static Stream<String> failed() throws Exception {
    return Stream.of(1, 100, 102).flatMap(exit -> cases(exit));
  }

  private static Stream<String> cases(int exit) {
    try (InputStream in = Objects.requireNonNull(GoldenBuildsIT.class.getResourceAsStream("/golden/golden.json"))) {
      return new ObjectMapper().readTree(in).get("cases").properties().stream().filter(
          entry -> Set.of("attrs", "basic", "fail", "fod", "refs", "trees").contains(entry.getKey().split("\\.", -1)[0])
              && entry.getValue().get("exit").asInt() == exit && entry.getValue().has("drv"))
          .map(Map.Entry::getKey);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("built")
  void givesTheBytesAndReferencesThatNixGives(String name) throws Exception {
    BuildResult result = bench.build(derivation(name));
    for (PathInfo output : result.outputs().values()) {
      JsonNode expected = golden.get("paths").get(output.path().toString());
      // What a build under single-user Nix changed afterwards is told as it was before
      JsonNode corrupted = golden.get("corrupted").get(output.path().toString());
      assertThat(output.references().stream().map(StorePath::toString).toList()).containsExactlyInAnyOrderElementsOf(
          strings(expected.get("references")));
      if (corrupted == null) {
        assertIsTheNarOfNix(output, expected);
      }
    }
    assertThat(bench.left()).isEmpty();
  }

  private static void assertIsTheNarOfNix(PathInfo output, JsonNode expected) {
    if (output.path().baseName().equals(GoldenFiles.STRUCTURED_OUT)) {
      assertThat(output.narHash()).isEqualTo(NixHash.sha256Of(ByteString.owning(GoldenFiles.structuredNar())));
      return;
    }
    assertThat(output.narHash().prefixedBase32()).isEqualTo(expected.get("narHash").asString());
    assertThat(output.narSize()).isEqualTo(expected.get("narSize").asLong());
  }

  @ParameterizedTest
  @MethodSource("failed")
  void failsWhereNixFailsAndInItsWords(String name) throws Exception {
    JsonNode expected = golden.get("cases").get(name);
    String error = expected.get("error").asString();
    assertThatThrownBy(() -> bench.build(derivation(name))).isInstanceOf(BuildException.class).satisfies(thrown -> {
      String message = String.valueOf(thrown.getMessage());
      for (String word : words(error)) {
        assertThat(message).contains(word);
      }
    });
    assertThat(bench.left()).isEmpty();
  }

  /** What of Nix's message does not depend on where its chroot is, nor on how it lays lines out. */
  private static Set<String> words(String error) {
    return Stream.of("failed with exit code 3", "failed with exit code 1", "failed to produce output path for output",
        "has an unsupported type", "is not allowed to refer to the following paths",
        "is too large at 5112 bytes; limit is 1000 bytes", "is required to build",
        "should be a non-executable regular file", "hash mismatch in fixed-output derivation",
        "sha256-VD34n+yFscKA5b57xqM+MSA1A81u2zCEMS3k21qbQ2w=", "with features {no-such-feature}",
        "-multi-1.0-dev", "-trivial").filter(error::contains).collect(Collectors.toSet());
  }

  private static StorePath derivation(String name) {
    return StorePath.parse(golden.get("cases").get(name).get("drv").asString());
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(each -> strings.add(each.asString()));
    return strings;
  }
}
