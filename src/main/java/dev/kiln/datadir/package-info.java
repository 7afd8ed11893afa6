/** The directory that holds all that Kiln keeps on disk, and the lock that makes it Kiln's alone. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package dev.kiln.datadir;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
