package dev.kiln.build.sandbox;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.stream.Collectors;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildProperties;
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.BuildNeeds;
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
  /** Offered whatever the configuration says, as in Nix: who does not want it turns it off in kiln.features. */
  private static final String FEATURE_CA = "ca-derivations";
  private static final String REQUIRED_FEATURES = "requiredSystemFeatures";
  private static final ByteString BUILTIN = ByteString.utf8("builtin:");

  /** @param architecture empty if it is none that this Kiln builds on: only builtins are built then */
  static Platform of(BuildProperties properties, Optional<Architecture> architecture) {
    List<String> systems = properties.systems().isEmpty()
        ? architecture.map(Platform::systems).orElse(List.of("builtin"))
        : properties.systems();
    SortedSet<String> configured = properties.systemFeatures();
    SortedSet<String> features = new TreeSet<>(List.of(FEATURE_CA));
    if (configured != null && !configured.isEmpty()) {
      features.addAll(configured);
    } else {
      features.addAll(List.of("benchmark", "big-parallel", "nixos-test"));
      if (Files.isReadable(KVM) && Files.isWritable(KVM)) {
        features.add(FEATURE_KVM);
      }
    }
    return new Platform(systems, features);
  }

  /** What else the machine can run comes after what it is (Nix: globals.cc, getDefaultExtraPlatforms). */
  private static List<String> systems(Architecture architecture) {
    List<String> systems = new ArrayList<>(List.of(architecture.system()));
    if (architecture == Architecture.X86_64) {
      systems.add("i686-linux");
      ProcessorLevels.here().forEach(level -> systems.add(level + "-linux"));
    }
    return systems;
  }

  /** @return the words of what can be built here */
  Set<String> offered() {
    Set<String> words = new TreeSet<>();
    systems.forEach(system -> words.add(BuildNeeds.platformWord(system)));
    words.addAll(offeredFeatures());
    return words;
  }

  /** @return of these, the words that are no system's */
  Set<String> offeredFeatures() {
    return features.stream().map(BuildNeeds::featureWord).collect(Collectors.toSet());
  }

  boolean hasKvm() {
    return features.contains(FEATURE_KVM) && Files.exists(KVM);
  }

  /**
   * Whether a derivation prefers to be built where it is wanted ({@code preferLocalBuild}), and may be had from another cache
   * ({@code allowSubstitutes}), means nothing here: Kiln builds all itself. They only have to be Booleans.
   *
   * @throws BuildException.CannotBuildHere naming what {@code derivation} needs and this Kiln has not
   * @throws BuildException.BadDerivation if what it needs is not told as it has to be
   */
  void requireCanBuild(StorePath path, Derivation derivation, Attributes attributes) {
    // Before the system, which is "builtin" then
    if (derivation.builder().startsWith(BUILTIN)) {
      throw unsupported(path, "the builder '" + derivation.builder() + "'");
    }
    SortedSet<String> required = required(derivation, attributes);
    if (!systems.contains(derivation.system().toString())) {
      throw refusal(path, derivation, required);
    }
    requireFeatures(path, derivation, attributes);
    requireSandbox(path, attributes);
    derivation.outputs().forEach((name, output) -> {
      switch (output) {
        case DerivationOutput.InputAddressed _,DerivationOutput.Fixed _,DerivationOutput.Floating _ -> {
        }
        case DerivationOutput.Deferred _ ->
          throw unsupported(path, "output '" + name + "', whose path follows from inputs that are not resolved,");
      }
    });
  }

  /**
   * Checks what is required beside a system.
   *
   * @throws BuildException.CannotBuildHere naming the features that {@code derivation} requires and this Kiln has not
   * @throws BuildException.BadDerivation if they are not told as they have to be
   */
  void requireFeatures(StorePath path, Derivation derivation, Attributes attributes) {
    SortedSet<String> required = required(derivation, attributes);
    if (!features.containsAll(required)) {
      throw refusal(path, derivation, required);
    }
  }

  /** Nix: parsed-derivations.cc, getRequiredSystemFeatures. */
  private static SortedSet<String> required(Derivation derivation, Attributes attributes) {
    SortedSet<String> required = new TreeSet<>();
    for (ByteString feature : attributes.strings(REQUIRED_FEATURES).orElse(List.of())) {
      required.add(feature.toString());
    }
    switch (derivation.type()) {
      case INPUT_ADDRESSED, FIXED -> {
      }
      case FLOATING, DEFERRED -> required.add(FEATURE_CA);
    }
    return required;
  }

  private BuildException.CannotBuildHere refusal(StorePath path, Derivation derivation, SortedSet<String> required) {
    return new BuildException.CannotBuildHere("a '" + derivation.system() + "' with features " + braced(required)
        + " is required to build '" + path + "', but I am a '" + systems.getFirst() + "' with features "
        + braced(features) + missing(derivation, required));
  }

  /** @return what the sentence that is Nix's does not tell: which of all that it names is the trouble, and what would help */
  private String missing(Derivation derivation, SortedSet<String> required) {
    String system = derivation.system().toString();
    SortedSet<String> missing = new TreeSet<>(required);
    missing.removeAll(features);
    StringJoiner reasons = new StringJoiner("; ", ": ", "");
    if (!systems.contains(system) && !derivation.builder().startsWith(BUILTIN)) {
      reasons.add(
          "'" + system + "' is not among the systems " + systems + " that this Kiln builds for (kiln.build.systems)");
    }
    if (!missing.isEmpty()) {
      reasons.add("it has not " + braced(missing) + " (kiln.build.system-features)");
    }
    return reasons.toString();
  }

  /** Some ask for less of a sandbox than there is. Nix refuses them where its sandbox is on and its settings are the defaults. */
  private static void requireSandbox(StorePath path, Attributes attributes) {
    attributes.flag("preferLocalBuild", false);
    attributes.flag("allowSubstitutes", true);
    if (attributes.flag("__noChroot", false)) {
      throw new BuildException.CannotBuildHere("derivation '" + path
          + "' has '__noChroot' set, but Kiln builds nothing without a sandbox");
    }
    attributes.strings("__impureHostDeps").flatMap(paths -> paths.stream().findFirst()).ifPresent(impure -> {
      throw new BuildException.CannotBuildHere("derivation '" + path + "' requested impure path '" + impure
          + "', but Kiln shows builders nothing of its machine");
    });
  }

  private static BuildException unsupported(StorePath path, String feature) {
    return new BuildException.CannotBuildHere(feature + " is not supported by this Kiln, but '" + path + "' has it");
  }

  private static String braced(SortedSet<String> names) {
    return names.stream().collect(Collectors.joining(", ", "{", "}"));
  }
}
