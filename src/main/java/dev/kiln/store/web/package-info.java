/** Files over HTTP. */
@NullMarked
package dev.kiln.store.web;

import org.jspecify.annotations.NullMarked;
