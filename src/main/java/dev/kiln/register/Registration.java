package dev.kiln.register;

import java.util.SortedSet;

import dev.kiln.storepath.StorePath;

/**
 * What came of a request to register derivations.
 *
 * @param registered how many are new
 * @param alreadyKnown how many were known before
 * @param missingSources what they need and is not here yet
 */
public record Registration(int registered, int alreadyKnown, SortedSet<StorePath> missingSources) {}
