package dev.kiln.build.sandbox;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildProperties;
import dev.kiln.build.BuildRequest;
import dev.kiln.build.Builder;
import dev.kiln.castore.Castore;
import dev.kiln.castore.InMemoryDirectories;
import dev.kiln.castore.fs.FsBlobs;
import dev.kiln.castore.fs.FsCheckouts;
import dev.kiln.datadir.DataDirectory;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Where there is no sandbox, or none is wanted. */
class BuilderConfigurationTests {

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  private Path directory;

  @Test
  void refusesEveryBuildWhereTheyAreDisabledAndSaysBySetting() throws Exception {
    assertRefuses(builder(BuildProperties.Mode.DISABLED, null), "kiln.build.builder is 'disabled'; set it to 'auto'");
    assertThat(directory.resolve("builds")).doesNotExist();
  }

  @Test
  void refusesEveryBuildWithoutAStaticShellAndSaysWhatHelps() throws Exception {
    assertRefuses(builder(BuildProperties.Mode.AUTO, directory.resolve("no-busybox")),
        "apt-get install bubblewrap busybox-static");
  }

  @Test
  void refusesEveryBuildWhereTheSandboxDoesNotRunAndSaysWhatItNeeds() throws Exception {
    Path broken = Files.writeString(directory.resolve("busybox"), "#!/bin/sh\nexit 1\n");
    assertThat(broken.toFile().setExecutable(true)).isTrue();
    assertRefuses(builder(BuildProperties.Mode.AUTO, broken), "user namespaces");
  }

  @Test
  void doesNotStartWhereASandboxIsDemandedAndCannotBe() {
    assertThatThrownBy(() -> builder(BuildProperties.Mode.BUBBLEWRAP, directory.resolve("no-busybox")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("kiln.build.builder is 'bubblewrap', but ").hasMessageContaining("busybox-static");
  }

  private Builder builder(BuildProperties.Mode mode, @Nullable Path shell) throws Exception {
    FsBlobs blobs = new FsBlobs(Files.createDirectories(directory.resolve("blobs")));
    Castore castore = new Castore(blobs, new InMemoryDirectories());
    try (FsCheckouts checkouts = new FsCheckouts(castore, blobs::path, directory.resolve("checkouts"), 1);
        DataDirectory data = DataDirectory.open(directory)) {
      return new BuilderConfiguration().sandboxBuilder(
          new BuildProperties(mode, List.of(), null, 0, shell, Bench.limits(), Bench.resources()), castore, checkouts,
          data);
    }
  }

  private static void assertRefuses(Builder builder, String reason) throws Exception {
    BuildRequest request = new BuildRequest(Bench.BUSYBOX, Bench.derivation(
        StorePath.parseBaseName("dlb5kz7y5rrcyyb1mfqwvd5hxqgmppk8-trivial.drv")),
        Collections.unmodifiableSortedMap(new TreeMap<>()));
    assertThatThrownBy(() -> builder.build(request, OutputStream.nullOutputStream()))
        .isInstanceOf(BuildException.CannotBuildHere.class).hasMessageContaining("builds are disabled: ")
        .hasMessageContaining(reason);
  }
}
