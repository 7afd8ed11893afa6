/** Directories in PostgreSQL. */
@NamedInterface("jpa")
@NullMarked
package dev.kiln.castore.jpa;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.NamedInterface;
