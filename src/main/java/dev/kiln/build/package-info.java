/** Builds one derivation in a sandbox, all of its inputs being here. */
@ApplicationModule(allowedDependencies = {"bytes", "hash", "storepath", "castore", "nar", "derivation", "pathinfo",
    "posix", "jdbc", "problem"})
@NullMarked
package dev.kiln.build;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
