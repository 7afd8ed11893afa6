package dev.kiln.store;

import dev.kiln.castore.Node;

/**
 * What a path leads to.
 *
 * @param location where it is, after all symbolic links that were followed
 */
public record Found(Location location, Node node) {}
