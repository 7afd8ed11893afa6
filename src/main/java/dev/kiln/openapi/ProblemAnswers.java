package dev.kiln.openapi;

import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.IntegerSchema;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.ObjectSchema;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.responses.ApiResponse;
import org.springdoc.core.customizers.OpenApiCustomizer;

/** Says of every answer that is a refusal what it holds, and of every operation that it may refuse what is malformed. */
final class ProblemAnswers implements OpenApiCustomizer {

  private static final String PROBLEM = org.springframework.http.MediaType.APPLICATION_PROBLEM_JSON_VALUE;
  private static final String SCHEMA = "ProblemDetail";

  @Override
  public void customise(OpenAPI api) {
    if (api.getComponents() == null) {
      api.setComponents(new Components());
    }
    api.getComponents().addSchemas(SCHEMA, schema());
    api.getPaths().values().stream().flatMap(item -> item.readOperations().stream()).forEach(ProblemAnswers::complete);
  }

  private static void complete(Operation operation) {
    if (operation.getParameters() != null && !operation.getParameters().isEmpty()) {
      operation.getResponses().computeIfAbsent("400",
          _ -> new ApiResponse().description("The request is malformed; the detail quotes where"));
    }
    operation.getResponses().forEach((status, response) -> {
      if (status.startsWith("4") || status.startsWith("5")) {
        response.setContent(new Content().addMediaType(PROBLEM,
            new MediaType().schema(new Schema<>().$ref("#/components/schemas/" + SCHEMA))));
      }
    });
  }

  private static Schema<?> schema() {
    return new ObjectSchema()
        .description("A problem (RFC 9457). Some kinds have further members, which their text explains")
        .addProperty("type", new StringSchema().format("uri").description("Tells kinds of problems apart")
            .example("urn:kiln:problem:unknown-path"))
        .addProperty("title", new StringSchema().example("Not Found"))
        .addProperty("status", new IntegerSchema().example(404))
        .addProperty("detail", new StringSchema().description("A sentence about this very problem"))
        .addProperty("instance", new StringSchema().format("uri-reference").description("What was asked for"))
        .addProperty("help", new StringSchema().description("What would help, if anything is known to"));
  }
}
