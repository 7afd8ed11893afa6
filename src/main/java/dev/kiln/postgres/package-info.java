/** The PostgreSQL that Kiln starts for itself when it is given none. */
@ApplicationModule(allowedDependencies = {"datadir"})
@NullMarked
package dev.kiln.postgres;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
