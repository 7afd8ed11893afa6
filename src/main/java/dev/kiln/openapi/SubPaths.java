package dev.kiln.openapi;

import java.util.Map;

import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.Paths;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.swagger.v3.oas.models.parameters.PathParameter;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Shows mappings below which anything may stand ({@code /store/**}) as the two that OpenAPI can say: a store path, and a name
 * in it. No parameter of OpenAPI may hold a slash.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class SubPaths implements OpenApiCustomizer {

  private static final String ANYTHING = "/**";

  @Override
  public void customise(OpenAPI api) {
    Paths shown = new Paths();
    api.getPaths().forEach((path, item) -> {
      if (path.endsWith(ANYTHING)) {
        String base = path.substring(0, path.length() - ANYTHING.length());
        shown.addPathItem(base + "/{path}", with(item, "", parameter("path", "<hash>-<name>")));
        shown.addPathItem(base + "/{path}/{sub}", with(item, "Below", parameter("path", "<hash>-<name>"),
            parameter("sub", "A name in it. Requests may go deeper, with slashes between names; bytes that have another"
                + " meaning in a URL are percent-encoded")));
      } else {
        shown.addPathItem(path, item);
      }
    });
    api.setPaths(shown);
  }

  private static Parameter parameter(String name, String description) {
    return new PathParameter().name(name).description(description).schema(new StringSchema());
  }

  private static PathItem with(PathItem item, String suffix, Parameter... parameters) {
    PathItem shown = new PathItem();
    for (Map.Entry<PathItem.HttpMethod, Operation> each : item.readOperationsMap().entrySet()) {
      Operation operation = each.getValue();
      Operation copy = new Operation().tags(operation.getTags()).summary(operation.getSummary())
          .description(operation.getDescription()).operationId(operation.getOperationId() + suffix)
          .requestBody(operation.getRequestBody()).responses(operation.getResponses());
      for (Parameter parameter : parameters) {
        copy.addParametersItem(parameter);
      }
      if (operation.getParameters() != null) {
        operation.getParameters().forEach(copy::addParametersItem);
      }
      shown.operation(each.getKey(), copy);
    }
    return shown;
  }
}
