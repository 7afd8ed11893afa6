@NullMarked
package dev.kiln.posix;

import org.jspecify.annotations.NullMarked;
