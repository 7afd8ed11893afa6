/** The binary cache over HTTP. */
@NullMarked
package dev.kiln.binarycache.web;

import org.jspecify.annotations.NullMarked;
