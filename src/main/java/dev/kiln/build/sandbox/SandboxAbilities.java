package dev.kiln.build.sandbox;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import dev.kiln.build.Abilities;
import dev.kiln.build.BuildProperties;
import dev.kiln.build.Builder;
import dev.kiln.build.Builtin;
import dev.kiln.derivation.BuildNeeds;
import dev.kiln.derivation.Derivation;
import dev.kiln.storepath.StorePath;

/**
 * What the sandbox can build, and the builtins, which need none but are not there where builds are disabled.
 *
 * @param builtins by their names
 */
record SandboxAbilities(BuildProperties properties, Platform platform, Builder sandbox, List<String> builtins)
    implements
      Abilities {

  @Override
  public Set<String> offered() {
    Set<String> offered = new TreeSet<>();
    if (!(sandbox instanceof DisabledBuilder)) {
      offered.addAll(platform.offered());
    }
    if (hasBuiltins()) {
      offered.addAll(platform.offeredFeatures());
      builtins.forEach(name -> offered.add(BuildNeeds.platformWord(Builtin.PREFIX + name)));
    }
    return offered;
  }

  private boolean hasBuiltins() {
    return properties.builder() != BuildProperties.Mode.DISABLED;
  }

  @Override
  public void requireCanBuild(StorePath path, Derivation derivation) {
    Attributes attributes = Attributes.of(path, derivation);
    if (hasBuiltins()
        && builtins.stream().anyMatch(name -> derivation.builder().toString().equals(Builtin.PREFIX + name))) {
      platform.requireFeatures(path, derivation, attributes);
    } else if (sandbox instanceof DisabledBuilder disabled) {
      throw disabled.refusal();
    } else {
      platform.requireCanBuild(path, derivation, attributes);
    }
  }
}
