/** Blobs as files on this machine's disk. */
@NamedInterface("fs")
@NullMarked
package dev.kiln.castore.fs;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.NamedInterface;
