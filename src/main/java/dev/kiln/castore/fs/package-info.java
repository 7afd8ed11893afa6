/** Blobs as files on this machine's disk. */
@NullMarked
package dev.kiln.castore.fs;

import org.jspecify.annotations.NullMarked;
