/** Derivations and sources, received over HTTP. */
@NullMarked
package dev.kiln.register.web;

import org.jspecify.annotations.NullMarked;
