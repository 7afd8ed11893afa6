package dev.kiln.build;

import java.time.Instant;
import java.util.UUID;

import dev.kiln.storepath.StorePath;

/** The record of one build. */
public record Build(UUID id, StorePath derivation, Instant submittedAt, BuildState state, long logSize) {}
