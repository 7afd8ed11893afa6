/** Which shared directory belongs with the database, in PostgreSQL. */
@NullMarked
package dev.kiln.datadir.jpa;

import org.jspecify.annotations.NullMarked;
