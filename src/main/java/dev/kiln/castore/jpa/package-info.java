/** Directories in PostgreSQL. */
@NullMarked
package dev.kiln.castore.jpa;

import org.jspecify.annotations.NullMarked;
