package dev.kiln.build.sandbox;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildProperties;
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivation;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.storepath.StorePath;

/**
 * What derivations can be built here (Nix: local-derivation-goal.cc, parsed-derivations.cc canBuildLocally).
 *
 * @param systems the first is told as this machine's
 * @param features of {@code requiredSystemFeatures}
 */
record Platform(List<String> systems, SortedSet<String> features) {

  static final Path KVM = Path.of("/dev/kvm");

  private static final String FEATURE_KVM = "kvm";
  private static final ByteString REQUIRED_FEATURES = ByteString.utf8("requiredSystemFeatures");
  private static final ByteString STRUCTURED = ByteString.utf8("__json");
  private static final ByteString EXPORT_REFERENCES_GRAPH = ByteString.utf8("exportReferencesGraph");
  private static final ByteString BUILTIN = ByteString.utf8("builtin:");
  private static final ByteString NO_CHROOT = ByteString.utf8("__noChroot");
  private static final ByteString IMPURE_HOST_DEPS = ByteString.utf8("__impureHostDeps");

  static Platform of(BuildProperties properties, Architecture architecture) {
    List<String> systems = properties.systems().isEmpty() ? List.of(architecture.system()) : properties.systems();
    SortedSet<String> features = properties.systemFeatures();
    if (features == null || features.isEmpty()) {
      features = new TreeSet<>(List.of("benchmark", "big-parallel", "nixos-test"));
      if (Files.isReadable(KVM) && Files.isWritable(KVM)) {
        features.add(FEATURE_KVM);
      }
    }
    return new Platform(systems, features);
  }

  boolean hasKvm() {
    return features.contains(FEATURE_KVM) && Files.exists(KVM);
  }

  /** @throws BuildException.CannotBuildHere naming what {@code derivation} needs and this Kiln has not */
  void requireCanBuild(StorePath path, Derivation derivation) {
    // Before the system, which is "builtin" then
    if (derivation.builder().startsWith(BUILTIN)) {
      throw unsupported(path, "the builder '" + derivation.builder() + "'");
    }
    SortedSet<String> required = new TreeSet<>();
    for (ByteString feature : BuildEnvironment.words(derivation.env().get(REQUIRED_FEATURES))) {
      required.add(feature.toString());
    }
    String system = derivation.system().toString();
    if (!systems.contains(system) || !features.containsAll(required)) {
      throw new BuildException.CannotBuildHere("a '" + system + "' with features " + braced(required)
          + " is required to build '" + path + "', but I am a '" + systems.getFirst() + "' with features "
          + braced(features));
    }
    if (derivation.env().containsKey(STRUCTURED)) {
      throw unsupported(path, "structured attributes (__structuredAttrs)");
    }
    if (derivation.env().containsKey(EXPORT_REFERENCES_GRAPH)) {
      throw unsupported(path, "exportReferencesGraph");
    }
    // These ask for less of a sandbox than there is: Nix refuses them too where its sandbox is on
    for (ByteString attribute : List.of(NO_CHROOT, IMPURE_HOST_DEPS)) {
      if (!derivation.env().getOrDefault(attribute, ByteString.EMPTY).isEmpty()) {
        throw unsupported(path, "'" + attribute + "'");
      }
    }
    derivation.outputs().forEach((name, output) -> {
      switch (output) {
        case DerivationOutput.InputAddressed _,DerivationOutput.Fixed _,DerivationOutput.Floating _ -> {
        }
        case DerivationOutput.Deferred _ ->
          throw unsupported(path, "output '" + name + "', whose path follows from inputs that are not resolved,");
      }
    });
  }

  private static BuildException unsupported(StorePath path, String feature) {
    return new BuildException.CannotBuildHere(feature + " is not supported by this Kiln, but '" + path + "' has it");
  }

  private static String braced(SortedSet<String> names) {
    return names.stream().collect(Collectors.joining(", ", "{", "}"));
  }
}
