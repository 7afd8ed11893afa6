package dev.kiln.openapi;

import java.util.Map;

import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.parameters.Parameter;
import org.springdoc.core.customizers.OpenApiCustomizer;

/** Fills in, for parameters that have no example of their own, values that work once {@code examples/greeting.tar} is registered. */
final class ExampleValues implements OpenApiCustomizer {

  /** By parameter. */
  private static final Map<String, String> VALUES = Map.of(
      "path", "wg7jvpdpvswjfl0j9ksr949fyhinngcb-greeting",
      "hash", "wg7jvpdpvswjfl0j9ksr949fyhinngcb",
      "narHash", "1hpfarjn866qsyxhv7by9gg8mhd84n14iymr7gbmx8jsb7qxv6l2",
      "sub", "README",
      "drv", "z508iql7w8wjmmirzb74n2zlkhminvfb-greeting.drv",
      "derivation", "z508iql7w8wjmmirzb74n2zlkhminvfb-greeting.drv",
      "name", "hello-src",
      "output", "out",
      "realisation", "sha256:6808fac79342ab00283bed6358e14557c237762476cdc4c3567514f5b06b9397!out");

  /** By parameter, for those that mean the same wherever they stand. */
  private static final Map<String, String> DESCRIPTIONS = Map.of(
      "path", "<hash>-<name>",
      "hash", "The 32 digits of a store path",
      "narHash", "SHA-256 of the NAR, in nixbase32",
      "file", "<SHA-256 of the file as it is sent, in nixbase32>.nar, and what its compression adds",
      "derivation", "<hash>-<name>.drv",
      "name", "A file name, as Nix makes it",
      "realisation", "sha256:<the derivation's hash in base16>!<the output's name>");

  @Override
  public void customise(OpenAPI api) {
    api.getPaths().values().stream().flatMap(item -> item.readOperations().stream())
        .filter(operation -> operation.getParameters() != null)
        .flatMap(operation -> operation.getParameters().stream()).forEach(ExampleValues::complete);
  }

  private static void complete(Parameter parameter) {
    if (parameter.getDescription() == null) {
      parameter.setDescription(DESCRIPTIONS.get(parameter.getName()));
    }
    if (parameter.getExample() == null && VALUES.containsKey(parameter.getName())) {
      parameter.setExample(VALUES.get(parameter.getName()));
    }
  }
}
