/** What is missing, asked of PostgreSQL in sets. */
@NullMarked
package dev.kiln.realise.jpa;

import org.jspecify.annotations.NullMarked;
