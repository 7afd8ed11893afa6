package dev.kiln.openapi;

import java.util.List;

import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.info.License;
import io.swagger.v3.oas.models.servers.Server;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.BuildProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class OpenApiConfiguration {

  private static final String DESCRIPTION = """
      A Nix store over HTTP that builds what you read.

      The values that stand in the fields are those of the example in `examples/`. Register it first:

          curl --data-binary @examples/greeting.tar -H 'Content-Type: application/x-tar' \\
            http://localhost:8080/api/v1/derivations

      Whatever goes wrong is told as a problem detail (RFC 9457).""";

  /** @param build absent where classes run that Maven did not package */
  @Bean
  OpenAPI openApi(ObjectProvider<BuildProperties> build) {
    BuildProperties properties = build.getIfAvailable();
    String version = properties == null ? null : properties.getVersion();
    return new OpenAPI()
        .info(new Info().title("Kiln").description(DESCRIPTION).version(version == null ? "unknown" : version)
            .license(new License().name("Apache-2.0").identifier("Apache-2.0")))
        // relative: a page that was read through a proxy asks through the proxy
        .servers(List.of(new Server().url("/")));
  }

  @Bean
  SubPaths subPaths() {
    return new SubPaths();
  }

  @Bean
  ProblemAnswers problemAnswers() {
    return new ProblemAnswers();
  }

  @Bean
  ExampleValues exampleValues() {
    return new ExampleValues();
  }
}
