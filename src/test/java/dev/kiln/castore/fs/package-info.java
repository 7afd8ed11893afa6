@NullMarked
package dev.kiln.castore.fs;

import org.jspecify.annotations.NullMarked;
