/** What several modules' controllers read from requests. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package dev.kiln.http;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
