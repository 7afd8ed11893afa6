/** The few system calls that Java has no words for: file descriptors, raw byte names, synchronisation, terminals. */
@ApplicationModule(allowedDependencies = {"bytes"})
@NullMarked
package dev.kiln.posix;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
