/** Checks over HTTP. */
@NullMarked
package dev.kiln.check.web;

import org.jspecify.annotations.NullMarked;
