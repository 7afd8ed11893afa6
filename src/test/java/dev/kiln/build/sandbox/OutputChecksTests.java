package dev.kiln.build.sandbox;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildRequest;
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivation;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/** {@code out}, of 1000 bytes, refers to itself and to {@code dev}, of 500, and that to an input, of 112, which is all that there is. */
class OutputChecksTests {

  private static final StorePath PATH = StorePath.parseBaseName("0000000000000000000000000000000a-test.drv");
  private static final StorePath OUT = StorePath.parseBaseName("0000000000000000000000000000000b-test");
  private static final StorePath DEV = StorePath.parseBaseName("0000000000000000000000000000000c-test-dev");
  private static final StorePath IN = StorePath.parseBaseName("0000000000000000000000000000000d-in");

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', nullValues = "-", value = {
      "{}|-", "{\"outputChecks\":1}|-", "{\"outputChecks\":{\"out\":[]}}|-",
      "{\"outputChecks\":{\"lib\":{\"maxSize\":1}}}|-",
      // Outside of outputChecks they mean nothing
      "{\"allowedReferences\":[],\"maxSize\":1}|-",
      "{\"outputChecks\":{\"out\":{\"maxSize\":1000,\"maxClosureSize\":1612}}}|-",
      "{\"outputChecks\":{\"out\":{\"maxSize\":999}}}|path 'OUT' is too large at 1000 bytes; limit is 999 bytes",
      "{\"outputChecks\":{\"out\":{\"maxSize\":999.9}}}|path 'OUT' is too large at 1000 bytes; limit is 999 bytes",
      "{\"outputChecks\":{\"out\":{\"maxSize\":-1}}}|-",
      "{\"outputChecks\":{\"out\":{\"maxClosureSize\":1611}}}|closure of path 'OUT' is too large at 1612 bytes; limit is 1611 bytes",
      "{\"outputChecks\":{\"dev\":{\"maxClosureSize\":611}}}|closure of path 'DEV' is too large at 612 bytes; limit is 611 bytes",
      "{\"outputChecks\":{\"out\":{\"maxSize\":\"1\"}}}|attribute 'maxSize' of derivation 'DRV' must be a number, but is string",
      "{\"outputChecks\":{\"out\":{\"maxSize\":true}}}|attribute 'maxSize' of derivation 'DRV' must be a number, but is boolean",
      "{\"outputChecks\":{\"out\":{\"allowedReferences\":[\"out\",\"DEV\"]}}}|-",
      "{\"outputChecks\":{\"out\":{\"allowedReferences\":[\"out\"]}}}|output 'OUT' is not allowed to refer to the following paths:LINEDEV",
      "{\"outputChecks\":{\"dev\":{\"allowedReferences\":null}}}|output 'DEV' is not allowed to refer to the following paths:LINEIN",
      "{\"outputChecks\":{\"dev\":{\"allowedReferences\":\"IN\"}}}|-",
      // An output is a requisite of itself here
      "{\"outputChecks\":{\"out\":{\"allowedRequisites\":[\"dev\",\"IN\"]}}}|output 'OUT' is not allowed to refer to the following paths:LINEOUT",
      "{\"outputChecks\":{\"out\":{\"allowedRequisites\":[\"out\",\"dev\",\"IN\"]}}}|-",
      "{\"outputChecks\":{\"out\":{\"disallowedReferences\":[\"IN\"]}}}|-",
      "{\"outputChecks\":{\"out\":{\"disallowedReferences\":[\"dev\"]}}}|output 'OUT' is not allowed to refer to the following paths:LINEDEV",
      "{\"outputChecks\":{\"out\":{\"disallowedRequisites\":[\"IN\"]}}}|output 'OUT' is not allowed to refer to the following paths:LINEIN",
      "{\"outputChecks\":{\"out\":{\"disallowedRequisites\":[\"lib\"]}}}|derivation contains an illegal reference specifier 'lib': 'lib' is not in /nix/store",
      "{\"outputChecks\":{\"out\":{\"allowedReferences\":[1]}}}|attribute 'allowedReferences' of derivation 'DRV' must be a list of strings"})
  void holdStructuredAttributesToWhatNixDoes(String json, @Nullable String message) {
    assertThat(messageOf(Map.of("__json", named(json)))).isEqualTo(message == null ? null : named(message));
  }

  @ParameterizedTest
  @CsvSource(nullValues = "-", value = {"allowedReferences,out DEV IN,-",
      "allowedReferences,out,output 'DEV' is not allowed to refer to the following paths:LINEIN",
      "allowedRequisites,dev IN,-",
      "allowedRequisites,dev,output 'DEV' is not allowed to refer to the following paths:LINEIN",
      "disallowedReferences,IN,output 'DEV' is not allowed to refer to the following paths:LINEIN",
      "disallowedRequisites,out,-",
      "disallowedRequisites,dev,output 'OUT' is not allowed to refer to the following paths:LINEDEV",
      "allowedReferences,lib,derivation contains an illegal reference specifier 'lib': 'lib' is not in /nix/store",
      "maxSize,1,-", "outputChecks,x,-"})
  void holdVariablesToWhatNixDoes(String name, String value, @Nullable String message) {
    assertThat(messageOf(Map.of(name, named(value)))).isEqualTo(message == null ? null : named(message));
  }

  private static String named(String text) {
    return text.replace("LINE", "\n  ").replace("OUT", OUT.toString()).replace("DEV", DEV.toString())
        .replace("IN", IN.toString()).replace("DRV", PATH.baseName());
  }

  private static @Nullable String messageOf(Map<String, String> variables) {
    SortedMap<String, DerivationOutput> promised = new TreeMap<>();
    promised.put("out", new DerivationOutput.InputAddressed(OUT));
    promised.put("dev", new DerivationOutput.InputAddressed(DEV));
    SortedMap<ByteString, ByteString> env = new TreeMap<>();
    variables.forEach((name, value) -> env.put(ByteString.utf8(name), ByteString.utf8(value)));
    Derivation derivation = new Derivation(promised, new TreeMap<>(), new TreeSet<>(List.of(IN)),
        ByteString.utf8("x86_64-linux"), ByteString.utf8("/bin/sh"), List.of(), env);
    SortedMap<String, OutputChecks.Output> outputs = new TreeMap<>();
    outputs.put("out", new OutputChecks.Output(OUT, 1000, new TreeSet<>(List.of(OUT, DEV))));
    outputs.put("dev", new OutputChecks.Output(DEV, 500, new TreeSet<>(List.of(IN))));
    Throwable thrown = catchThrowable(
        () -> new OutputChecks(new BuildRequest(PATH, derivation, Bench.infos(List.of(IN))),
            Attributes.of(PATH, derivation), outputs).check());
    if (thrown != null) {
      assertThat(thrown).isInstanceOf(BuildException.class);
    }
    return thrown == null ? null : thrown.getMessage();
  }
}
