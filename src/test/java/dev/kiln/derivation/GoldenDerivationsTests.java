package dev.kiln.derivation;

import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.DerivationOutput.InputAddressed;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class GoldenDerivationsTests {

  @Test
  void areWrittenAsTheyWereRead() {
    Golden.derivations()
        .forEach(
            (path, aterm) -> assertThat(ATermWriter.write(ATermReader.read(aterm))).as("%s", path).isEqualTo(aterm));
  }

  @Test
  void haveThePathsThatNixGaveThem() {
    assertThat(Golden.inputsFirst()).hasSizeGreaterThan(300)
        .allSatisfy(file -> assertThat(DerivationFile.of(file.name(), file.derivation())).isEqualTo(file));
  }

  @Test
  void haveTheOutputPathsThatNixComputed() {
    Map<StorePath, DerivationHash> known = new HashMap<>();
    int checked = 0;
    for (DerivationFile file : Golden.inputsFirst()) {
      SortedMap<String, StorePath> stated = new TreeMap<>();
      file.derivation().outputs().forEach((name, output) -> output.statedPath().ifPresent(p -> stated.put(name, p)));
      assertThat(OutputPaths.of(file.name(), file.derivation(), known::get)).as("%s", file.path()).isEqualTo(stated);
      known.put(file.path(), file.verify(known::get));
      checked += stated.size();
    }
    assertThat(checked).isGreaterThan(300);
  }

  @Test
  void areRefusedUnderAnotherPath() {
    DerivationFile file = Golden.inputsFirst().getFirst();
    ByteString other = Golden.derivations().values().stream().filter(aterm -> !aterm.equals(file.aterm())).findFirst()
        .orElseThrow();
    assertThatThrownBy(() -> DerivationFile.read(file.path(), other)).isInstanceOf(InvalidDerivation.class)
        .hasMessageContaining(file.path().toString()).hasMessageContaining("has the content of");
  }

  @Test
  void areRefusedOnceAnyOutputPathIsForged() {
    StorePath forged = StorePath.parse("/nix/store/00000000000000000000000000000000-forged");
    Map<StorePath, DerivationHash> known = new HashMap<>();
    for (DerivationFile file : Golden.inputsFirst()) {
      Derivation drv = file.derivation();
      if (drv.type() == DerivationType.INPUT_ADDRESSED) {
        SortedMap<String, DerivationOutput> outputs = new TreeMap<>(drv.outputs());
        String output = outputs.lastKey();
        outputs.put(output, new InputAddressed(forged));
        DerivationFile changed = DerivationFile.of(file.name(), new Derivation(outputs, drv.inputDerivations(),
            drv.inputSources(), drv.system(), drv.builder(), drv.args(), drv.env()));
        assertThatThrownBy(() -> changed.verify(known::get)).isInstanceOf(InvalidDerivation.class)
            .hasMessage("derivation '" + changed.path() + "' has incorrect output '" + forged + "', should be '"
                + drv.outputPath(output).orElseThrow() + "'");
      }
      known.put(file.path(), DerivationHash.of(drv, known::get));
    }
  }
}
