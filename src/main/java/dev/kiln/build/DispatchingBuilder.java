package dev.kiln.build;

import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.stereotype.Component;

import dev.kiln.bytes.ByteString;

/**
 * Gives a derivation to the {@link Builtin} that it names, whatever its system (Nix: parsed-derivations.cc, canBuildLocally),
 * and all others to the sandbox. Where builds are disabled, there are no builtins either.
 */
@Component
class DispatchingBuilder implements Builder {

  private final Builder sandbox;
  private final Map<ByteString, Builtin> builtins;
  private final BuiltinRequirements requirements;

  DispatchingBuilder(@Qualifier(Builder.SANDBOX) Builder sandbox, List<Builtin> builtins,
      BuiltinRequirements requirements, BuildProperties properties) {
    this.sandbox = sandbox;
    this.requirements = requirements;
    this.builtins = properties.builder() == BuildProperties.Mode.DISABLED
        ? Map.of()
        : builtins.stream().collect(
            Collectors.toMap(builtin -> ByteString.utf8(Builtin.PREFIX + builtin.name()), Function.identity()));
  }

  @Override
  public BuildResult build(BuildRequest request, OutputStream log) throws InterruptedException {
    @Nullable
    Builtin builtin = builtins.get(request.derivation().builder());
    if (builtin == null) {
      return sandbox.build(request, log);
    }
    requirements.check(request);
    return builtin.build(request, log);
  }
}
