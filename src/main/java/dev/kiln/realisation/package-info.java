/** Which paths the outputs of derivations came to have, where derivations alone do not tell (ca-derivations). */
@ApplicationModule(allowedDependencies = {"bytes", "hash", "storepath", "pathinfo", "jdbc"})
@NullMarked
package dev.kiln.realisation;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
