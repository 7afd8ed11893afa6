/** What clients push, in PostgreSQL. */
@NullMarked
package dev.kiln.binarycache.jpa;

import org.jspecify.annotations.NullMarked;
