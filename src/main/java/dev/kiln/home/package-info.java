/** What Kiln says of itself to whoever opens it without a path. */
@ApplicationModule(allowedDependencies = {"binarycache", "http"})
@NullMarked
package dev.kiln.home;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
