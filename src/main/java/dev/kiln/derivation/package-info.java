/** Derivations, their ATerm form and the paths that they promise (Nix: derivations.cc). */
@ApplicationModule(allowedDependencies = {"bytes", "hash", "json", "storepath", "jdbc"})
@NullMarked
package dev.kiln.derivation;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
