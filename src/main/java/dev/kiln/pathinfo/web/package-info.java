/** Path infos over HTTP. */
@NamedInterface("web")
@NullMarked
package dev.kiln.pathinfo.web;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.NamedInterface;
