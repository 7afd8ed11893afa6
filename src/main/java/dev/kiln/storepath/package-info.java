/** Store paths, content addresses and the fingerprints that name them (Nix: store-dir-config.cc, content-address.cc). */
@ApplicationModule(allowedDependencies = {"bytes", "hash"})
@NullMarked
package dev.kiln.storepath;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
