/** The Nix archive, read and written as a stream (Nix: archive.cc). */
@ApplicationModule(allowedDependencies = {"bytes", "hash", "castore"})
@NullMarked
package dev.kiln.nar;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
