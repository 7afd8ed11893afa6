/** Realised outputs in PostgreSQL. */
@NullMarked
package dev.kiln.realisation.jpa;

import org.jspecify.annotations.NullMarked;
