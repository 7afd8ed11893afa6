/** Build logs as files, which all replicas see. */
@NullMarked
package dev.kiln.build.fs;

import org.jspecify.annotations.NullMarked;
