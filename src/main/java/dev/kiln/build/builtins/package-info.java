/**
 * The builtins that make outputs of what is in their inputs (Nix: builtins/buildenv.cc, builtins/unpack-channel.cc). They read
 * and write castore alone; no file of theirs comes to a disk.
 */
@NullMarked
package dev.kiln.build.builtins;

import org.jspecify.annotations.NullMarked;
