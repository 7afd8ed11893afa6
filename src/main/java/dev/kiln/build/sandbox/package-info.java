/** Builds in a sandbox of bubblewrap that looks as Nix's does (Nix: local-derivation-goal.cc), or refuses to build. */
@NullMarked
package dev.kiln.build.sandbox;

import org.jspecify.annotations.NullMarked;
