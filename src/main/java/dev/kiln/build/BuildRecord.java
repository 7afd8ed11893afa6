package dev.kiln.build;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * All that is on record of a build.
 *
 * @param requestedBy who asked first
 * @param replica that runs it, or ran it last
 * @param attempt from 1; a build is begun anew when its replica dies, or fails it
 * @param waited for its inputs
 * @param queued for a free job, before the last attempt
 * @param ran from the begin of the last attempt until it ended, or until now
 * @param ingest of that, from the builder's end until its outputs were durable
 * @param use of its processes
 * @param outputSize of the outputs that are here, as NARs, in bytes; empty if none is
 */
public record BuildRecord(Build build, Optional<String> requestedBy, Optional<UUID> replica, int attempt,
    Optional<Duration> waited, Optional<Duration> queued, Optional<Duration> ran, Optional<Duration> ingest,
    ResourceUse use, OptionalLong outputSize) {}
