package dev.kiln.check;

import java.time.Instant;
import java.util.UUID;

import dev.kiln.storepath.StorePath;

/**
 * The record of one check.
 *
 * @param build whose outputs were, or are to be, built again
 * @param derivation of that build
 */
public record Check(UUID id, UUID build, StorePath derivation, Instant submittedAt, CheckState state) {}
