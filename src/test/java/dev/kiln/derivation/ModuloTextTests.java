package dev.kiln.derivation;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

import dev.kiln.bytes.ByteString;
import dev.kiln.harness.GeneratedClosure;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

/** What replaces parts of a file's bytes is what would be written of it as a whole. */
class ModuloTextTests {

  private static void assertSame(ByteString aterm, InputHashes hashes) {
    Derivation derivation = ATermReader.read(aterm);
    HashedInputs inputs = HashedInputs.of(derivation, hashes);
    ATermBuffer replacement = new ATermBuffer();
    inputs.write(replacement);
    ModuloText text = new ModuloText(aterm.toByteArray(), derivation);
    assertThat(text.hash(replacement)).isEqualTo(ATermWriter.hash(derivation, inputs, false));
    assertThat(text.masked(replacement, derivation)).isEqualTo(ATermWriter.hash(derivation, inputs, true));
    // in any order, any number of times
    assertThat(text.hash(replacement)).isEqualTo(ATermWriter.hash(derivation, inputs, false));
  }

  @Test
  void isThatOfEveryGoldenDerivation() {
    Map<StorePath, DerivationHash> known = new HashMap<>();
    for (DerivationFile file : Golden.inputsFirst()) {
      assertSame(file.aterm(), known::get);
      known.put(file.path(), DerivationHash.of(file.derivation(), known::get));
    }
    assertThat(known).hasSizeGreaterThan(300);
  }

  @Test
  void isThatOfDerivationsLikeThoseOfNixpkgs() {
    GeneratedClosure closure = new GeneratedClosure(3);
    List<KnownDerivation> derivations = closure.next(300);
    derivations.forEach(known -> assertSame(known.file().aterm(), closure.hashes()::get));
    assertThat(derivations).allSatisfy(known -> {
      assertThat(known.hash()).isEqualTo(DerivationHash.of(known.derivation(), closure.hashes()::get));
      assertThat(known.outputHash()).isEqualTo(DerivationHash.ofOutputs(known.derivation(), closure.hashes()::get));
    });
  }

  @RepeatedTest(5)
  void isThatOfRandomDerivations(RepetitionInfo repetition) {
    RandomDerivations derivations = new RandomDerivations(repetition.getCurrentRepetition());
    for (int i = 0; i < 500; i++) {
      Derivation derivation = derivations.next();
      // few hashes, so that inputs become one
      assertSame(ATermWriter.write(derivation),
          input -> new DerivationHash(NixHash.sha256Of("" + input.hash().c() % 3),
              new TreeSet<>(derivation.inputDerivations().getOrDefault(input, new TreeSet<>())), false));
    }
  }
}
