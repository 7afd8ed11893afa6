package dev.kiln.build.builtins;

import java.io.IOException;

/** A builtin cannot do what it is asked for. The message is for the log, in Nix's words where Nix has some. */
final class BuiltinFailed extends IOException {

  BuiltinFailed(String message) {
    super(message);
  }
}
