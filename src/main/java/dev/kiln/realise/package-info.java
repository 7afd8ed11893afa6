/** Makes a path be here: finds it, or builds it with all that it needs. */
@ApplicationModule(allowedDependencies = {"bytes", "hash", "storepath", "castore", "nar", "derivation", "pathinfo",
    "realisation",
    "build", "datadir", "http", "problem"})
@NullMarked
package dev.kiln.realise;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
