package dev.kiln.derivation;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.bytes.ByteString;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

class BuildNeedsTests {

  private static final StorePath OUTPUT = StorePath.parseBaseName("00000000000000000000000000000000-x");

  private static Optional<String> needs(String system, String builder, String... env) {
    SortedMap<ByteString, ByteString> variables = new TreeMap<>();
    for (int i = 0; i < env.length; i += 2) {
      variables.put(ByteString.utf8(env[i]), ByteString.utf8(env[i + 1]));
    }
    return BuildNeeds.of(new Derivation(new TreeMap<>(Map.of("out", new DerivationOutput.InputAddressed(OUTPUT))),
        new TreeMap<>(), new TreeSet<>(), ByteString.utf8(system), ByteString.utf8(builder), List.of(), variables))
        .map(BuildNeeds::render);
  }

  @ParameterizedTest
  @CsvSource({"x86_64-linux, /bin/sh, '', x86_64-linux",
      "i686-linux, /bin/sh, ' kvm  big-parallel\n', i686-linux +big-parallel +kvm",
      "builtin, builtin:fetchurl, kvm, builtin:fetchurl +kvm", "'a b+c', /bin/sh, '', a+b%2Bc", "'', /bin/sh, '', ''"})
  void areTheSystemOrBuiltinAndTheFeatures(String system, String builder, String features, String expected) {
    assertThat(needs(system, builder, "requiredSystemFeatures", features)).contains(expected);
  }

  @Test
  void ofStructuredAttributesAreTheirs() {
    assertThat(needs("x86_64-linux", "/bin/sh", "requiredSystemFeatures", "ignored", "__json",
        "{\"requiredSystemFeatures\":[\"kvm\",\"a b\"]}")).contains("x86_64-linux +a+b +kvm");
    assertThat(needs("x86_64-linux", "/bin/sh", "__json", "{}")).contains("x86_64-linux");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "{\"requiredSystemFeatures\":\"kvm\"}", "{\"requiredSystemFeatures\":[1]}"})
  void areNotKnownWhereTheyAreNotToldAsTheyHaveToBe(String json) {
    assertThat(needs("x86_64-linux", "/bin/sh", "__json", json)).isEmpty();
  }

  @Test
  void areNoSystemWhereAnotherDerivationIsBuiltInItsPlace() {
    StorePath input = StorePath.parseBaseName("00000000000000000000000000000000-x.drv");
    assertThat(BuildNeeds.of(new Derivation(new TreeMap<>(Map.of("out", new DerivationOutput.Deferred())),
        new TreeMap<>(Map.of(input, new TreeSet<>(List.of("out")))), new TreeSet<>(), ByteString.utf8("mips-linux"),
        ByteString.utf8("/bin/sh"), List.of(), new TreeMap<>())).map(BuildNeeds::render)).contains("+ca-derivations");
  }

  @Test
  void areNotLookedAtWhereNobodyCouldMeetThem() {
    assertThat(needs("x".repeat(2_000), "/bin/sh")).isEmpty();
  }
}
