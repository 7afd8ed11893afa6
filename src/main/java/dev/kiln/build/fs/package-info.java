/** Build logs on local disk. */
@NullMarked
package dev.kiln.build.fs;

import org.jspecify.annotations.NullMarked;
