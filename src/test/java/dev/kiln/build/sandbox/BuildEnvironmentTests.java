package dev.kiln.build.sandbox;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.kiln.build.BuildRequest;
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivation;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.derivation.Placeholders;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

class BuildEnvironmentTests {

  private static final StorePath OUT = StorePath.parseBaseName("0000000000000000000000000000000b-test");

  @ParameterizedTest
  @CsvSource({"PATH,/p,/p", "HOME,/h,/h", "NIX_STORE,/s,/s", "NIX_BUILD_CORES,9,9", "TMPDIR,/t,/build", "PWD,/t,/build",
      "NIX_LOG_FD,7,2", "TERM,dumb,xterm-256color", "with-dash,v,v"})
  void letsDerivationsOverrideWhatNixLetsThem(String name, String given, String seen) {
    assertThat(of(false, Map.of(name, given)).variables()).containsEntry(ByteString.utf8(name), ByteString.utf8(seen));
  }

  @Test
  void givesTheDefaults() {
    assertThat(of(false, Map.of()).variables().toString()).isEqualTo("{HOME=/homeless-shelter, NIX_BUILD_CORES=2,"
        + " NIX_BUILD_TOP=/build, NIX_LOG_FD=2, NIX_STORE=/nix/store, PATH=/path-not-set, PWD=/build, TEMP=/build,"
        + " TEMPDIR=/build, TERM=xterm-256color, TMP=/build, TMPDIR=/build}");
  }

  @Test
  void tellsOnlyFixedOutputsOfKilnsOwnEnvironment() {
    Map<String, String> env = Map.of("impureEnvVars", "http_proxy no_proxy");
    assertThat(of(false, env).variables()).doesNotContainKey(ByteString.utf8("http_proxy")).doesNotContainKey(
        ByteString.utf8("NIX_OUTPUT_CHECKED"));
    assertThat(of(true, env).variables()).containsEntry(ByteString.utf8("http_proxy"), ByteString.utf8("proxy"))
        .containsEntry(ByteString.utf8("no_proxy"), ByteString.EMPTY).containsEntry(ByteString.utf8(
            "NIX_OUTPUT_CHECKED"), ByteString.utf8("1"));
  }

  @Test
  void replacesPlaceholdersOfOwnOutputs() {
    String placeholder = Placeholders.ofOutput("out");
    assertThat(of(false, Map.of("x", "a" + placeholder + placeholder + "/b")).variables()).containsEntry(
        ByteString.utf8("x"), ByteString.utf8("a" + OUT + OUT + "/b"));
  }

  @Test
  void passesAsFileWhatIsThere() {
    BuildEnvironment environment = of(false, Map.of("passAsFile", "big  unknown", "big", "value"));
    assertThat(environment.files().values()).containsExactly(ByteString.utf8("value"));
    assertThat(environment.variables()).doesNotContainKey(ByteString.utf8("big")).containsEntry(
        ByteString.utf8("bigPath"), ByteString.utf8("/build/" + environment.files().firstKey()));
  }

  private static BuildEnvironment of(boolean fixed, Map<String, String> given) {
    SortedMap<ByteString, ByteString> env = new TreeMap<>();
    given.forEach((name, value) -> env.put(ByteString.utf8(name), ByteString.utf8(value)));
    DerivationOutput output = fixed
        ? new DerivationOutput.Fixed(OUT, IngestionMethod.FLAT, NixHash.sha256Of("hello"))
        : new DerivationOutput.InputAddressed(OUT);
    Derivation derivation = new Derivation(new TreeMap<>(Map.of("out", output)), new TreeMap<>(), new TreeSet<>(),
        ByteString.utf8("x86_64-linux"), ByteString.utf8("/bin/sh"), List.of(), env);
    StorePath path = StorePath.parseBaseName("0000000000000000000000000000000a-test.drv");
    return BuildEnvironment.of(derivation, Attributes.of(path, derivation),
        new ReferencesGraph(new BuildRequest(path, derivation, new TreeMap<>())), 2, Map.of("http_proxy", "proxy"));
  }
}
