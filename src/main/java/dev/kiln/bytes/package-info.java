/** Immutable bytes: what Nix calls a string. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package dev.kiln.bytes;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
