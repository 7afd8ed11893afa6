/** Known derivations in PostgreSQL. */
@NullMarked
package dev.kiln.derivation.jpa;

import org.jspecify.annotations.NullMarked;
