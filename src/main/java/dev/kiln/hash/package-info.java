/** Digests and the spellings that Nix knows of them. */
@ApplicationModule(allowedDependencies = {"bytes"})
@NullMarked
package dev.kiln.hash;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
