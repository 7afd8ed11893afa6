/** JSON, byte for byte as Nix reads and writes it (nlohmann::json 3). */
@ApplicationModule(allowedDependencies = {"bytes"})
@NullMarked
package dev.kiln.json;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
