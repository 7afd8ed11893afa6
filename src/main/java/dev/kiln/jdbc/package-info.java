/** Many rows in one statement. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package dev.kiln.jdbc;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
