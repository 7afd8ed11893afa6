/** Builds over HTTP. */
@NullMarked
package dev.kiln.build.web;

import org.jspecify.annotations.NullMarked;
