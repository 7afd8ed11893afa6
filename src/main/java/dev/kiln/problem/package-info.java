/** Problem details (RFC 9457): what went wrong, what it was about, and what would help. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package dev.kiln.problem;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
