/** Build records in PostgreSQL. */
@NullMarked
package dev.kiln.build.jpa;

import org.jspecify.annotations.NullMarked;
