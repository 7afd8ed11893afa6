@NullMarked
package dev.kiln;

import org.jspecify.annotations.NullMarked;
