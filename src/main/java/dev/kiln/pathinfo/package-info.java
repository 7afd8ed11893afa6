/** What is known of every path that is here: the promise that each of its bytes can be read. */
@ApplicationModule(allowedDependencies = {"bytes", "hash", "storepath", "castore", "castore::jpa", "jdbc", "problem"})
@NullMarked
package dev.kiln.pathinfo;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
