package dev.kiln.derivation;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;

import org.junit.jupiter.api.Test;

import dev.kiln.bytes.ByteString;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

/** Of the derivations of {@link CaDerivationsTests}; that Nix writes the same is tested where both build. */
class ResolutionTests {

  private final Map<String, DerivationFile> files = new HashMap<>();

  ResolutionTests() {
    Golden.inputsFirst("/ca-derivations").forEach(file -> files.put(file.name(), file));
  }

  private static StorePath path(StorePath derivation, String output) {
    return StorePath.parseBaseName("0000000000000000000000000000000" + (output.equals("out") ? "0" : "1") + "-"
        + DerivationFile.nameOf(derivation) + "-" + output);
  }

  private DerivationFile file(String name) {
    return Objects.requireNonNull(files.get(name));
  }

  @Test
  void putsPathsInPlaceOfInputDerivationsAndTheirPlaceholders() {
    DerivationFile down = file("down");
    DerivationFile resolved = Resolution.resolve(down, ResolutionTests::path);
    assertThat(resolved.name()).isEqualTo("down");
    assertThat(resolved.derivation().inputDerivations()).isEmpty();
    SortedSet<StorePath> sources = new TreeSet<>(down.derivation().inputSources());
    down.derivation().inputDerivations()
        .forEach((input, outputs) -> outputs.forEach(output -> sources.add(path(input, output))));
    assertThat(resolved.derivation().inputSources()).isEqualTo(sources).hasSizeGreaterThan(2);
    assertThat(resolved.derivation().variable("a"))
        .contains(ByteString.utf8(path(file("up").path(), "out").toString()));
    assertThat(resolved.derivation().variable("b"))
        .contains(ByteString.utf8(path(file("up").path(), "dev").toString()));
  }

  @Test
  void givesDeferredOutputsTheirPaths() {
    DerivationFile resolved = Resolution.resolve(file("down"), ResolutionTests::path);
    assertThat(resolved.derivation().type()).isEqualTo(DerivationType.INPUT_ADDRESSED);
    assertThat(resolved.verify(_ -> null).deferred()).isFalse();
    // its own placeholders stay: the build puts the paths in
    assertThat(resolved.derivation().variable("self")).contains(ByteString.utf8(Placeholders.ofOutput("lib")));
  }

  @Test
  void leavesFloatingOutputsFloating() {
    DerivationFile up = file("up");
    DerivationFile resolved = Resolution.resolve(up, ResolutionTests::path);
    assertThat(resolved.derivation().outputs()).isEqualTo(up.derivation().outputs());
  }
}
