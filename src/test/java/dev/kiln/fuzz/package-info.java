@NullMarked
package dev.kiln.fuzz;

import org.jspecify.annotations.NullMarked;
