/** The directories that hold all that Kiln keeps on disk: one that is a Kiln's alone, under a lock, and one that replicas share. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package dev.kiln.datadir;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
