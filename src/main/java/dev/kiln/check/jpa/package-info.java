/** Records of checks in PostgreSQL. */
@NullMarked
package dev.kiln.check.jpa;

import org.jspecify.annotations.NullMarked;
