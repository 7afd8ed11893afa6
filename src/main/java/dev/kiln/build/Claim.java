package dev.kiln.build;

import java.util.UUID;

import dev.kiln.storepath.StorePath;

/**
 * A replica's right to run a build. It ends when another takes the build, or when the build ends.
 *
 * @param fence which of the claims to this build it is: only the newest counts
 * @param attempt 1 for the first; those before ended by a fault of a machine's
 */
public record Claim(UUID build, StorePath derivation, UUID replica, long fence, int attempt) {}
