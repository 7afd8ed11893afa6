/** The Nix binary cache protocol, read and write: what a stock Nix client pulls from and pushes to. */
@ApplicationModule(allowedDependencies = {"bytes", "hash", "storepath", "castore", "castore::jpa", "nar", "derivation",
    "compression",
    "pathinfo", "realisation", "build", "realise", "register", "datadir", "posix", "jdbc", "problem", "server"})
@NullMarked
package dev.kiln.binarycache;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
