/** The HTTP server below the controllers: which requests reach them, what is answered before, and what it says when it starts. */
@ApplicationModule(allowedDependencies = {"datadir", "http"})
@NullMarked
package dev.kiln.server;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
