package dev.kiln.derivation;

import org.junit.jupiter.api.Test;

import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class PlaceholdersTests {

  /** {@code builtins.placeholder "out"}. */
  @Test
  void ofOutputsAreThoseOfNix() {
    assertThat(Placeholders.ofOutput("out")).isEqualTo("/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9");
  }

  @Test
  void ofInputsNeedADerivation() {
    StorePath source = StorePath.parse("/nix/store/00000000000000000000000000000000-x");
    assertThatThrownBy(() -> Placeholders.ofInput(source, "out")).isInstanceOf(InvalidDerivation.class);
  }
}
