/** Builds again what is here, and tells whether the same comes of it (Nix: nix-store --realise --check). */
@ApplicationModule(allowedDependencies = {"bytes", "hash", "storepath", "castore", "pathinfo", "build", "realise",
    "http", "jdbc", "problem"})
@NullMarked
package dev.kiln.check;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
