package dev.kiln.storepath;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.Fixed;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.ContentAddress.Text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class StorePathsTests {

  private static final StorePathName NAME = new StorePathName("x");
  private static final NixHash HASH = NixHash.sha256Of("abc");
  private static final NixHash MD5 = NixHash.parse("900150983cd24fb0d6963f7d28e17f72", HashAlgorithm.MD5);
  private static final StorePath A = StorePath.parse("/nix/store/00000000000000000000000000000000-a");
  private static final StorePath B = StorePath.parse("/nix/store/00000000000000000000000000000000-b");
  private static final SortedSet<StorePath> NONE = Collections.emptySortedSet();

  @Test
  void nameOutputsAfterTheDerivation() {
    assertThat(StorePaths.outputPathName("hello", "out")).hasToString("hello");
    assertThat(StorePaths.outputPathName("hello", "dev")).hasToString("hello-dev");
    assertThatThrownBy(() -> StorePaths.outputPathName("x".repeat(210), "dev")).isInstanceOf(InvalidStorePath.class);
  }

  @Test
  void dependOnReferencesAndOnReferringToThemselves() {
    List<StorePath> different = List.of(StorePaths.source(NAME, HASH, NONE, false),
        StorePaths.source(NAME, HASH, NONE, true), StorePaths.source(NAME, HASH, set(A), false),
        StorePaths.source(NAME, HASH, set(A, B), false), StorePaths.source(NAME, HASH, set(A, B), true),
        StorePaths.text(NAME, HASH, NONE), StorePaths.text(NAME, HASH, set(A)),
        StorePaths.fixedOutput(NAME, IngestionMethod.FLAT, HASH), StorePaths.output("x", "out", HASH));
    assertThat(different).doesNotHaveDuplicates();
  }

  @Test
  void ofRecursiveSha256AreThoseOfSources() {
    assertThat(StorePaths.fixedOutput(NAME, IngestionMethod.RECURSIVE, HASH))
        .isEqualTo(StorePaths.source(NAME, HASH, NONE, false));
  }

  @Test
  void areRecognisedWithTheReferenceToThemselves() {
    Fixed address = new Fixed(IngestionMethod.RECURSIVE, HASH);
    StorePath path = StorePaths.fromContentAddress(address, NAME, set(A), true);
    assertThat(StorePaths.isAddressOf(address, path, set(A, path))).isTrue();
    assertThat(StorePaths.isAddressOf(address, path, set(A))).isFalse();
    assertThat(StorePaths.isAddressOf(address, path, set(path))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"fixed:sha256:1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s",
      "fixed:r:md5:3jgzhjhz9zjvbb0kyj7jc500ch"})
  void ofFixedOutputsAllowNoReferencesButToThemselves(String text) {
    ContentAddress address = ContentAddress.parse(text);
    assertThatThrownBy(() -> StorePaths.fromContentAddress(address, NAME, set(A), false))
        .isInstanceOf(InvalidStorePath.class).hasMessageContaining("is not allowed to refer to '" + A + "'");
    assertThat(StorePaths.fromContentAddress(address, NAME, NONE, true))
        .isEqualTo(StorePaths.fromContentAddress(address, NAME, NONE, false));
  }

  @Test
  void ofTextsAreOfSha256AndNeverReferToThemselves() {
    assertThatThrownBy(() -> StorePaths.text(NAME, MD5, NONE)).isInstanceOf(InvalidStorePath.class);
    assertThatThrownBy(() -> StorePaths.fromContentAddress(new Text(HASH), NAME, NONE, true))
        .isInstanceOf(InvalidStorePath.class).hasMessageContaining("cannot refer to itself");
  }

  @Test
  void ofSourcesAreOfSha256() {
    assertThatThrownBy(() -> StorePaths.source(NAME, MD5, NONE, false)).isInstanceOf(InvalidStorePath.class);
  }

  private static SortedSet<StorePath> set(StorePath... paths) {
    return new TreeSet<>(List.of(paths));
  }
}
