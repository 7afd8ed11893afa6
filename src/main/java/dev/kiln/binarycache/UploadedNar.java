package dev.kiln.binarycache;

import java.time.Instant;

import dev.kiln.compression.Compression;
import dev.kiln.nar.IngestedTree;

/**
 * A NAR that a client sent, kept as the tree that it is.
 *
 * @param fileSize of what was sent, in bytes
 */
public record UploadedNar(NarFileName name, Compression compression, long fileSize, IngestedTree tree,
    Instant uploadedAt) {}
