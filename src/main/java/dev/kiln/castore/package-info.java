/** Blobs and directories, named by the BLAKE3 of their content. */
@ApplicationModule(allowedDependencies = {"bytes", "hash", "posix", "jdbc", "datadir"})
@NullMarked
package dev.kiln.castore;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
