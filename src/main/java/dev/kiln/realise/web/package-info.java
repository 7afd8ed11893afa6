/** Plans over HTTP, and the problems of realising. */
@NullMarked
package dev.kiln.realise.web;

import org.jspecify.annotations.NullMarked;
