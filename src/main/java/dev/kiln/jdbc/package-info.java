/** Many rows in one statement, and many statements in one transaction. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package dev.kiln.jdbc;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
