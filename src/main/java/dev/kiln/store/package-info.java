/** Reads files below store paths: GET /store. */
@ApplicationModule(allowedDependencies = {"bytes", "hash", "storepath", "castore", "pathinfo", "realise", "build",
    "http", "problem", "server"})
@NullMarked
package dev.kiln.store;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
