/** What integration tests stand on: databases, whole Kilns, and clients that misbehave. */
@NullMarked
package dev.kiln.harness;

import org.jspecify.annotations.NullMarked;
