/** The compressions that Nix clients send NARs in, undone as streams, with bounded memory. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package dev.kiln.compression;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
