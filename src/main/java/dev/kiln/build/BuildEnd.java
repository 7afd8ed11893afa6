package dev.kiln.build;

import java.util.Optional;

/**
 * How a build ended.
 *
 * @param root the build that failed or was cancelled, where this one came to its end by that
 */
public record BuildEnd(Build build, Optional<Build> root) {}
