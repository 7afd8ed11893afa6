/** Builds one derivation in a sandbox, all of its inputs being here. */
@ApplicationModule(allowedDependencies = {"bytes", "hash", "json", "storepath", "castore", "castore::fs", "nar",
    "compression", "tar",
    "derivation",
    "pathinfo", "posix", "jdbc", "problem", "datadir"})
@NullMarked
package dev.kiln.build;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
