/** The tar archive, read as a stream, and taken in as a file tree. */
@ApplicationModule(allowedDependencies = {"bytes", "hash", "castore"})
@NullMarked
package dev.kiln.tar;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
