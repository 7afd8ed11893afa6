/** Takes derivations and sources in, after it has verified them. */
@ApplicationModule(allowedDependencies = {"bytes", "hash", "storepath", "castore", "nar", "derivation", "pathinfo",
    "pathinfo::web", "problem", "tar", "jdbc", "datadir"})
@NullMarked
package dev.kiln.register;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
