package dev.kiln.build.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.kiln.build.Abilities;
import dev.kiln.build.BuildException;
import dev.kiln.build.BuildProperties;
import dev.kiln.build.Builder;
import dev.kiln.build.Builtin;
import dev.kiln.build.BuiltinRequirements;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Checkouts;
import dev.kiln.datadir.DataDirectory;

/** Chooses the {@link Builder} once, at start-up, and says which and why. */
@Configuration(proxyBeanMethods = false)
class BuilderConfiguration {

  private static final Logger log = LoggerFactory.getLogger(BuilderConfiguration.class);
  private static final String INSTALL = "apt-get install bubblewrap busybox-static";

  /** A candidate only where it is asked for by name: derivations come to it by way of the builder that knows builtins, too. */
  @Bean(defaultCandidate = false)
  @Qualifier(Builder.SANDBOX)
  Builder sandboxBuilder(BuildProperties properties, Castore castore, Checkouts checkouts,
      DataDirectory dataDirectory) throws InterruptedException {
    Path workshop = dataDirectory.resolve("builds");
    return switch (properties.builder()) {
      case DISABLED -> disabled("kiln.build.builder is 'disabled'; set it to 'auto' to build here");
      case BUBBLEWRAP -> {
        try {
          yield bubblewrap(properties, castore, checkouts, workshop);
        } catch (Unusable e) {
          throw new IllegalStateException("kiln.build.builder is 'bubblewrap', but " + e.getMessage(), e);
        }
      }
      case AUTO -> {
        try {
          yield bubblewrap(properties, castore, checkouts, workshop);
        } catch (Unusable e) {
          log.warn("This Kiln builds nothing: {}", e.getMessage());
          yield disabled(String.valueOf(e.getMessage()));
        }
      }
    };
  }

  /** Of builtins, which need no sandbox. */
  @Bean
  BuiltinRequirements builtinRequirements(BuildProperties properties) {
    Platform platform = Platform.of(properties, Architecture.here());
    return request -> platform.requireFeatures(request.derivationPath(), request.derivation(),
        Attributes.of(request.derivationPath(), request.derivation()));
  }

  @Bean
  Abilities abilities(BuildProperties properties, @Qualifier(Builder.SANDBOX) Builder sandbox, List<Builtin> builtins) {
    return new SandboxAbilities(properties, Platform.of(properties, Architecture.here()), sandbox,
        builtins.stream().map(Builtin::name).toList());
  }

  /** There is no sandbox here. The message says why, and what would help. */
  static final class Unusable extends Exception {
    Unusable(String message) {
      super(message);
    }
  }

  private static Builder disabled(String reason) {
    log.info("Builds are disabled: {}", reason);
    return new DisabledBuilder(reason);
  }

  static BubblewrapBuilder bubblewrap(BuildProperties properties, Castore castore, Checkouts checkouts, Path directory)
      throws Unusable, InterruptedException {
    Architecture architecture = Architecture.here().orElseThrow(() -> new Unusable("builds need Linux on x86_64 or"
        + " aarch64, not " + System.getProperty("os.name") + " on " + System.getProperty("os.arch")));
    Path bubblewrap = onPath("bwrap").orElseThrow(
        () -> new Unusable("bubblewrap is not installed; this helps: " + INSTALL));
    Path shell = shell(properties).orElseThrow(
        () -> new Unusable("there is no static busybox (kiln.build.shell); this helps: " + INSTALL));
    Platform platform = Platform.of(properties, Optional.of(architecture));
    try {
      Workshop workshop = Workshop.open(directory, architecture, bubblewrap, shell, properties, platform.hasKvm());
      workshop.probe();
      int cores = properties.cores() == 0 ? Runtime.getRuntime().availableProcessors() : properties.cores();
      log.info("Builds run in bubblewrap, for {} with features {}; limits by {}", platform.systems(),
          platform.features(),
          workshop.cgroups().map(cgroups -> "cgroups with " + cgroups.controllers()).orElse("looking at processes"));
      return new BubblewrapBuilder(workshop, platform, properties.limits(), cores, checkouts,
          new Outputs(castore, InstantSource.system(), properties.limits().output().toBytes()));
    } catch (IOException | BuildException e) {
      throw new Unusable("bubblewrap does not work here: " + e.getMessage() + ". It needs user namespaces"
          + " (kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns; in a container,"
          + " see compose.yaml); else: " + INSTALL);
    }
  }

  private static Optional<Path> shell(BuildProperties properties) {
    Path configured = properties.shell();
    return Stream.concat(Stream.ofNullable(configured),
        configured == null ? Stream.of(Path.of("/bin/busybox"), Path.of("/usr/bin/busybox")) : Stream.empty()).filter(
            Files::isExecutable)
        .findFirst();
  }

  private static Optional<Path> onPath(String program) {
    String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
    return List.of(path.split(":", -1)).stream().filter(directory -> directory.startsWith("/")).map(
        directory -> Path.of(directory, program)).filter(Files::isExecutable).findFirst();
  }
}
