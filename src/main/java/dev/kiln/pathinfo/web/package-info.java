/** Path infos over HTTP. */
@NullMarked
package dev.kiln.pathinfo.web;

import org.jspecify.annotations.NullMarked;
