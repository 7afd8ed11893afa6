/** Path infos in PostgreSQL. */
@NullMarked
package dev.kiln.pathinfo.jpa;

import org.jspecify.annotations.NullMarked;
