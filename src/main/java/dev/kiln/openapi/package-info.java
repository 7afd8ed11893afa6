/** How Kiln describes its HTTP interface to people and programs: /v3/api-docs and the Swagger UI. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package dev.kiln.openapi;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
