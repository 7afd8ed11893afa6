package dev.kiln.derivation;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.junit.jupiter.api.Test;

import dev.kiln.bytes.ByteString;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Three derivations that Nix 2.8 wrote with ca-derivations on: "down" takes out (a) and dev (b) of "up" and out (c) of
 * "flat", and has a placeholder for its own lib (self).
 */
class CaDerivationsTests {

  private final Map<String, DerivationFile> files = new HashMap<>();

  CaDerivationsTests() {
    Golden.inputsFirst("/ca-derivations").forEach(file -> files.put(file.name(), file));
  }

  @Test
  void areReadByTheirTypes() {
    assertThat(file("up").derivation().type()).isEqualTo(DerivationType.FLOATING);
    assertThat(file("flat").derivation().type()).isEqualTo(DerivationType.FLOATING);
    assertThat(file("down").derivation().type()).isEqualTo(DerivationType.DEFERRED);
  }

  @Test
  void statePlaceholdersWhereOutputPathsWouldStand() {
    StorePath up = file("up").path();
    assertThat(variable("down", "a")).isEqualTo(Placeholders.ofInput(up, "out"));
    assertThat(variable("down", "b")).isEqualTo(Placeholders.ofInput(up, "dev"));
    assertThat(variable("down", "c")).isEqualTo(Placeholders.ofInput(file("flat").path(), "out"));
    assertThat(variable("down", "self")).isEqualTo(Placeholders.ofOutput("lib"));
    assertThat(variable("up", "dev")).isEqualTo(Placeholders.ofOutput("dev"));
  }

  @Test
  void areVerifiedWithoutOutputPaths() {
    Map<StorePath, DerivationHash> known = new HashMap<>();
    for (DerivationFile file : Golden.inputsFirst("/ca-derivations")) {
      assertThat(OutputPaths.of(file.name(), file.derivation(), known::get)).isEmpty();
      known.put(file.path(), file.verify(known::get));
    }
    assertThat(known.values()).hasSize(3).allMatch(DerivationHash::deferred);
    assertThat(List.copyOf(known.values())).extracting(DerivationHash::hash).doesNotHaveDuplicates();
  }

  private DerivationFile file(String name) {
    return Objects.requireNonNull(files.get(name));
  }

  private String variable(String file, String name) {
    return file(file).derivation().variable(name).map(ByteString::toString).orElse("");
  }
}
