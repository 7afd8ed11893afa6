package dev.kiln.derivation;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.DerivationOutput.Deferred;
import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.derivation.DerivationOutput.Floating;
import dev.kiln.derivation.DerivationOutput.InputAddressed;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class DerivationHashTests {

  private static final StorePath A = StorePath.parse("/nix/store/00000000000000000000000000000000-a.drv");
  private static final StorePath B = StorePath.parse("/nix/store/00000000000000000000000000000000-b.drv");
  private static final StorePath PATH = StorePath.parse("/nix/store/00000000000000000000000000000000-x");
  private static final NixHash HASH = NixHash.sha256Of("abc");
  private static final InputAddressed OUT = new InputAddressed(PATH);

  @Test
  void ofAFixedOutputIsOfItsContentAndPathAlone() {
    Fixed output = new Fixed(PATH, IngestionMethod.RECURSIVE, HASH);
    Derivation one = derivation(Map.of("out", output), Map.of(A, names("out")), "one");
    Derivation two = derivation(Map.of("out", output), Map.of(), "two");
    NixHash expected = NixHash.sha256Of("fixed:out:r:sha256:" + HASH.base16() + ":" + PATH);
    assertThat(DerivationHash.of(one, _ -> null)).isEqualTo(DerivationHash.of(two, _ -> null))
        .isEqualTo(new DerivationHash(expected, names("out"), false));
  }

  @Test
  void mergesInputsOfTheSameHash() {
    DerivationHash input = new DerivationHash(HASH, names("dev", "out"), false);
    Derivation both = derivation(Map.of("out", OUT), Map.of(A, names("out"), B, names("dev")), "");
    Derivation one = derivation(Map.of("out", OUT), Map.of(A, names("dev", "out")), "");
    assertThat(DerivationHash.of(both, _ -> input)).isEqualTo(DerivationHash.of(one, _ -> input));
  }

  @Test
  void leavesOutInputsOfWhichNothingIsWanted() {
    DerivationHash input = new DerivationHash(HASH, names("out"), false);
    assertThat(DerivationHash.of(derivation(Map.of("out", OUT), Map.of(A, names()), ""), _ -> input))
        .isEqualTo(DerivationHash.of(derivation(Map.of("out", OUT), Map.of(), ""), _ -> null));
  }

  @Test
  void isDeferredIfAnInputIs() {
    DerivationHash input = new DerivationHash(HASH, names("out"), true);
    assertThat(
        DerivationHash.of(derivation(Map.of("out", new Deferred()), Map.of(A, names("out")), ""), _ -> input)
            .deferred())
        .isTrue();
    Floating floating = new Floating(IngestionMethod.RECURSIVE, HashAlgorithm.SHA256);
    assertThat(DerivationHash.of(derivation(Map.of("out", floating), Map.of(), ""), _ -> null).deferred()).isTrue();
    assertThat(DerivationHash.of(derivation(Map.of("out", OUT), Map.of(), ""), _ -> null).deferred()).isFalse();
  }

  @Test
  void needsEveryInputAndTheWantedOutputs() {
    Derivation derivation = derivation(Map.of("out", OUT), Map.of(A, names("dev")), "");
    assertThatThrownBy(() -> DerivationHash.of(derivation, _ -> null)).isInstanceOf(InvalidDerivation.class)
        .hasMessage("input derivation '" + A + "' is not known");
    DerivationHash input = new DerivationHash(HASH, names("out"), false);
    assertThatThrownBy(() -> DerivationHash.of(derivation, _ -> input)).isInstanceOf(InvalidDerivation.class)
        .hasMessage("input derivation '" + A + "' has no output 'dev'");
  }

  @Test
  void refusesOutputsThatCannotStandTogether() {
    Fixed fixed = new Fixed(PATH, IngestionMethod.FLAT, HASH);
    refuses(Map.of(), "needs an output");
    refuses(Map.of("out", OUT, "dev", new Deferred()), "outputs of different types");
    refuses(Map.of("out", fixed, "dev", fixed), "has one output, 'out', not 'dev', 'out'");
    refuses(Map.of("dev", fixed), "has one output, 'out', not 'dev'");
    refuses(Map.of("out", new Floating(IngestionMethod.FLAT, HashAlgorithm.MD5), "dev",
        new Floating(IngestionMethod.FLAT, HashAlgorithm.SHA1)), "the same hash algorithm");
  }

  @Test
  void isReadAsItWasWritten() {
    for (boolean deferred : new boolean[]{false, true}) {
      DerivationHash hash = new DerivationHash(HASH, names("dev", "out"), deferred);
      assertThat(DerivationHash.parse(hash.render())).isEqualTo(hash);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "out", "00:out", "deferred:", "deferred:00:out"})
  void refusesWhatIsNone(String text) {
    assertThatThrownBy(() -> DerivationHash.parse(text)).isInstanceOf(InvalidDerivation.class)
        .hasMessageContaining("'" + text + "'");
  }

  @Test
  void refusesAnEnvironmentThatNamesAnotherOutput() {
    Derivation draft = derivation(Map.of("out", OUT), Map.of(), "");
    StorePath right = Objects.requireNonNull(OutputPaths.of("x", draft, _ -> null).get("out"));
    assertThatThrownBy(
        () -> DerivationFile.of("x", derivation(Map.of("out", new InputAddressed(right)), Map.of(), ""))
            .verify(_ -> null))
        .isInstanceOf(InvalidDerivation.class)
        .hasMessageContaining("has incorrect environment variable 'out', should be '" + right + "'");
  }

  @Test
  void refusesNamesThatMakeNoPath() {
    Derivation derivation = derivation(Map.of("o".repeat(200), OUT), Map.of(), "");
    assertThatThrownBy(() -> OutputPaths.of("x".repeat(100), derivation, _ -> null))
        .isInstanceOf(InvalidDerivation.class).hasMessageContaining("longer than 211");
  }

  private static void refuses(Map<String, DerivationOutput> outputs, String complaint) {
    assertThatThrownBy(() -> DerivationHash.of(derivation(outputs, Map.of(), ""), _ -> null))
        .isInstanceOf(InvalidDerivation.class).hasMessageContaining(complaint);
  }

  private static Derivation derivation(Map<String, ? extends DerivationOutput> outputs,
      Map<StorePath, SortedSet<String>> inputs, String out) {
    SortedMap<ByteString, ByteString> env = new TreeMap<>(Map.of(ByteString.utf8("out"), ByteString.utf8(out)));
    return new Derivation(new TreeMap<>(outputs), new TreeMap<>(inputs), new TreeSet<>(), ByteString.utf8("any"),
        ByteString.utf8("/bin/sh"), List.of(), env);
  }

  private static SortedSet<String> names(String... names) {
    return new TreeSet<>(List.of(names));
  }
}
