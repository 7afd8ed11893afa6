/** {@code builtin:fetchurl}, done by Kiln itself (Nix: builtins/fetchurl.cc, filetransfer.cc). URLs are untrusted here. */
@NullMarked
package dev.kiln.build.fetch;

import org.jspecify.annotations.NullMarked;
